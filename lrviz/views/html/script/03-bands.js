// Cycles too dense to be told apart: what they reach, and how many they are.

const DENSE = 4; // pixels: two strokes of a line that are nearer leave no ground between them
const CYCLES = 10; // fewer of them are no band
const EVEN = 0.02; // of their length: cycles that differ by less are of one length

// The rows from which on a curve goes the other way; level stretches are none.
function turns(values) {
  let found = new Int32Array(64);
  let count = 0;
  let way = 0;
  for (let at = 1; at < values.length; at++) {
    const step = values[at] - values[at - 1];
    if (step === 0 || (step > 0 ? 1 : -1) === way) continue;
    if (way) {
      if (count === found.length) {
        const larger = new Int32Array(2 * count);
        larger.set(found);
        found = larger;
      }
      found[count++] = at - 1;
    }
    way = step > 0 ? 1 : -1;
  }
  return found.subarray(0, count);
}

// The stretches of a curve between two updates in which a cycle is shorter than so many updates:
// {start, end, text, outline}, of which the last are [update, least value, greatest value] each.
function bands(series, from, to, near) {
  if (series.steps || !series.whole || near < 2) return [];
  const rows = series.rows(from, to);
  const [first, behind] = rows.map((row) => below(series.turns, row));
  const count = behind - first + 2;
  if (count < 2 * CYCLES) return [];
  const edge = (index) =>
    index === 0 ? rows[0] : index === count - 1 ? rows[1] : series.turns[first + index - 1];
  const found = [];
  let begin = -1;
  for (let index = 0; index + 1 < count; index++) {
    const dense = index + 2 < count && edge(index + 2) - edge(index) < near;
    if (dense && begin < 0) begin = index;
    else if (!dense && begin >= 0) {
      if (index + 1 - begin >= 2 * CYCLES) found.push(band(series, edge, begin, index + 1, near));
      begin = -1;
    }
  }
  return found;
}

// The band between two of a curve's edges, of which each two are a cycle.
function band(series, edge, begin, last, near) {
  const [start, end] = [edge(begin), edge(last)];
  const cycles = Math.floor((last - begin + 1) / 2);
  // Whole cycles: an outline over parts of them goes up and down with what they hold.
  const every = Math.max(1, Math.round((near * cycles) / (end - start)));
  const parts = Math.max(1, Math.floor(cycles / every));
  const outline = [];
  for (let part = 0; part < parts; part++) {
    const a = edge(begin + 2 * every * part);
    const b = part + 1 < parts ? edge(begin + 2 * every * (part + 1)) : end;
    outline.push([series.start + (a + b) / 2, ...series.range(a, b)]);
  }
  outline.unshift([series.start + start, ...outline[0].slice(1)]);
  outline.push([series.start + end, ...outline[parts].slice(1)]);
  let [least, most] = [Infinity, 0];
  for (let index = begin + 1; index + 2 < last; index += 2) {
    const length = edge(index + 2) - edge(index);
    [least, most] = [Math.min(least, length), Math.max(most, length)];
  }
  const even = most - least <= Math.max(1, EVEN * least);
  const text = `${counted(cycles)} ${even ? "cycles" : "ups and downs"}`;
  return { start: series.start + start, end: series.start + end, text, outline };
}
