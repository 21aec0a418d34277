// Cycles too dense to be told apart: what they reach, and how many they are.

const DENSE = 4; // pixels: two strokes of a line that are nearer leave no ground between them
const CYCLES = 10; // fewer of them are no band
const EVEN = 0.02; // of their length: cycles that differ by less are of one length

// The rows from which on a curve goes the other way; and the first and the last row of each level
// stretch of more than two updates, in turn.
function turns(values) {
  const [rows, levels] = [new Rows(), new Rows()];
  let way = 0;
  let last = -1; // move: from a row to the next one
  for (let at = 1; at < values.length; at++) {
    const step = values[at] - values[at - 1];
    if (step === 0) continue;
    if (at - 1 - last > 2) {
      levels.push(last + 1);
      levels.push(at - 1);
    }
    if (way && (step > 0 ? 1 : -1) !== way) rows.push(at - 1);
    way = step > 0 ? 1 : -1;
    last = at - 1;
  }
  if (values.length - 1 - last > 2) {
    levels.push(last + 1);
    levels.push(values.length);
  }
  return { rows: rows.all, levels: levels.all };
}

// Integers that grow in number.
class Rows {
  #held = new Int32Array(64);
  #count = 0;

  push(row) {
    if (this.#count === this.#held.length) {
      const larger = new Int32Array(2 * this.#held.length);
      larger.set(this.#held);
      this.#held = larger;
    }
    this.#held[this.#count++] = row;
  }

  get all() {
    return this.#held.subarray(0, this.#count);
  }
}

// The stretches of a curve between two updates in which a cycle is shorter than so many updates:
// {start, end, text, outline}, of which the last are [update, least value, greatest value] each.
function bands(series, from, to, near) {
  if (series.steps || !series.whole || near < 2) return [];
  const edges = edgesOf(series.turns, ...series.rows(from, to), near);
  const found = [];
  let begin = -1;
  for (let index = 0; index + 1 < edges.length; index++) {
    const dense = index + 2 < edges.length && edges[index + 2] - edges[index] < near;
    if (dense && begin < 0) begin = index;
    else if (!dense && begin >= 0) {
      const own = edges.subarray(begin, index + 2);
      if (own.length > 2 * CYCLES) found.push(band(series, own, near));
      begin = -1;
    }
  }
  return found;
}

// Where a curve turns between two rows, and where a stretch begins and ends that is level for so
// many updates; both rows too. None where cycles are too few.
function edgesOf({ rows, levels }, first, last, near) {
  const own = rows.subarray(below(rows, first + 1), below(rows, last));
  if (own.length + 2 < 2 * CYCLES) return [];
  const held = [];
  for (let at = 2 * (below(levels, first) >> 1); at < levels.length && levels[at] < last; at += 2) {
    if (levels[at + 1] - levels[at] + 1 > near) held.push(levels[at], levels[at + 1]);
  }
  const more = held.filter((row) => row > first && row < last && own[below(own, row)] !== row);
  const edges = new Int32Array(own.length + more.length + 2);
  edges.set([first, ...more]);
  edges.set(own, more.length + 1);
  edges[edges.length - 1] = last;
  return more.length ? edges.sort() : edges;
}

// The band between a curve's edges, of which each two are a cycle.
function band(series, edges, near) {
  const last = edges.length - 1;
  const [start, end] = [edges[0], edges[last]];
  // Of ways up and ways down, those that take longer: a curve may begin or end with the other.
  let up = 0;
  for (let at = 0; at < last; at += 2) up += edges[at + 1] - edges[at];
  const cycles = 2 * up >= end - start ? Math.ceil(last / 2) : Math.floor(last / 2);
  // Whole cycles: an outline over parts of them goes up and down with what they hold.
  const every = Math.max(1, Math.round((near * cycles) / (end - start)));
  const parts = Math.max(1, Math.floor(cycles / every));
  const outline = [];
  for (let part = 0; part < parts; part++) {
    const a = edges[2 * every * part];
    const b = part + 1 < parts ? edges[2 * every * (part + 1)] : end;
    outline.push([series.start + (a + b) / 2, ...series.range(a, b)]);
  }
  outline.unshift([series.start + start, ...outline[0].slice(1)]);
  outline.push([series.start + end, ...outline[parts].slice(1)]);
  const lengths = [];
  for (let at = 1; at + 2 < last; at += 2) lengths.push(edges[at + 2] - edges[at]);
  const [least, most] = lengths.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [Infinity, 0]);
  const even = most - least <= Math.max(1, EVEN * lengths[0]);
  const text = `${counted(cycles)} ${even ? "cycles" : "ups and downs"}`;
  return { start: series.start + start, end: series.start + end, text, outline };
}
