"""Tests of lrviz; a file here tests the module of the same name."""
