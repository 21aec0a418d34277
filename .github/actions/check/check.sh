#!/usr/bin/env bash
# Annotates what `lrviz check` finds in SOURCES, and writes their tables into the job's summary.
# The exit code is that of the check.
set -uo pipefail

lrviz=${RUNNER_TEMP:+$RUNNER_TEMP/lrviz/bin/}lrviz
read -ra sources <<<"${SOURCES:-}"
read -ra training <<<"${TRAINING:-}"
read -ra options <<<"${OPTIONS:-}"

"$lrviz" check --format github "${training[@]}" "${options[@]}" -- "${sources[@]}"
code=$?

{
    echo "## Learning-rate schedules"
    # A table a file: curves of different trainings do not fit into one.
    files=()
    for source in "${sources[@]:-lrviz.yaml}"; do
        if [ -d "$source" ]; then
            while IFS= read -r file; do files+=("$file"); done < <(
                find "$source" -name '*.yaml' -o -name '*.yml' | LC_ALL=C sort
            )
        else
            files+=("$source")
        fi
    done
    for file in "${files[@]}"; do
        printf '\n### `%s`\n\n' "$file"
        "$lrviz" table --format markdown "${training[@]}" -- "$file"
    done
} >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"

exit "$code"
