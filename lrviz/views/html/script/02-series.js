// The values of one curve: what is least and greatest between two updates, and the way of its line.

const BLOCK = 16; // values whose least and greatest are known beforehand
const FOLD = 4; // blocks that make a larger one
const FINE = 3; // blocks of a column, at the least: it may begin a sixth of it beside its place
const LOOKED_AT = 400; // values of a curve that say where its usual ones are
const FAR = 1e4; // pixels from the page at which a line may as well end
const LEVEL = 0.3; // pixels: what a column rises and falls by is not seen

class Series {
  // values: one an update from `start` on; or, of a log, one a step of `steps`.
  constructor(values, start, steps) {
    this.values = values;
    this.start = start;
    this.steps = steps;
    this.whole = true; // all are finite
    this.levels = [this.#blocks()];
    for (let last = this.levels[0]; last.least.length > FOLD; ) {
      last = folded(last);
      this.levels.push(last);
    }
    this.found = new Float64Array(2); // what `#look` has found
  }

  #blocks() {
    const { values } = this;
    const count = Math.ceil(values.length / BLOCK);
    const [first, least, most] = [0, 1, 2].map(() => new Float64Array(count));
    this.gaps = new Uint8Array(count); // blocks that have some
    for (let block = 0; block < count; block++) {
      const end = Math.min(values.length, (block + 1) * BLOCK);
      let low = Infinity;
      let high = -Infinity;
      for (let at = block * BLOCK; at < end; at++) {
        const value = values[at];
        if (!(value - value === 0)) {
          this.whole = false; // a gap
          this.gaps[block] = 1;
          continue;
        }
        if (value < low) low = value;
        if (value > high) high = value;
      }
      first[block] = values[block * BLOCK];
      least[block] = low;
      most[block] = high;
    }
    return { size: BLOCK, first, least, most };
  }

  // See `turns`.
  get turns() {
    this.turned ??= turns(this.values);
    return this.turned;
  }

  // The update behind the last one that has a value.
  get end() {
    return this.steps ? this.steps[this.steps.length - 1] + 1 : this.start + this.values.length;
  }

  // The rows of updates from `from` (included) to `to` (not included).
  rows(from, to) {
    if (this.steps) return [below(this.steps, from), below(this.steps, to)];
    const size = this.values.length;
    const row = (update) => Math.min(size, Math.max(0, Math.ceil(update) - this.start));
    return [row(from), row(to)];
  }

  // The row of an update; of a log, that of the nearest one, which beyond its ends is no farther
  // away than half of what lies between two there; -1 where there is none.
  row(update) {
    if (!this.steps) {
      const row = update - this.start;
      return row >= 0 && row < this.values.length ? row : -1;
    }
    const { steps } = this;
    const last = steps.length - 1;
    const behind = below(steps, update);
    if (behind === 0) return 2 * (steps[0] - update) <= steps[Math.min(1, last)] - steps[0] ? 0 : -1;
    if (behind > last) {
      return 2 * (update - steps[last]) <= steps[last] - steps[Math.max(0, last - 1)] ? last : -1;
    }
    return update - steps[behind - 1] <= steps[behind] - update ? behind - 1 : behind;
  }

  // The least and the greatest finite value of the rows from a to b; Infinity, -Infinity: none.
  range(a, b) {
    this.#look(a, b, -1);
    return [this.found[0], this.found[1]];
  }

  // Finds them: what is left of a block at both ends in its own values, the rest in larger blocks.
  // All from `level` on is in whole blocks of that level; -1: of none.
  #look(a, b, level) {
    const { values, levels } = this;
    let low = Infinity;
    let high = -Infinity;
    let first = a;
    let last = b;
    if (level < 0) {
      const [from, to] = [Math.ceil(a / BLOCK) * BLOCK, Math.floor(b / BLOCK) * BLOCK];
      for (let at = a; at < b; at++) {
        if (at === from && from < to) at = to;
        if (at >= b) break;
        const value = values[at];
        if (value < low && value !== -Infinity) low = value;
        if (value > high && value !== Infinity) high = value;
      }
      level = 0;
      first = from;
      last = to;
    }
    for (let larger = level; first < last; larger++) {
      const { size, least, most } = levels[larger];
      const next = larger + 1 < levels.length ? levels[larger + 1].size : Infinity;
      const from = next < Infinity ? Math.ceil(first / next) * next : last;
      const to = next < Infinity ? Math.floor(last / next) * next : last;
      const whole = from < to;
      for (let at = first; at < last; at += size) {
        if (whole && at === from) at = to;
        if (at >= last) break;
        const block = at / size;
        if (least[block] < low) low = least[block];
        if (most[block] > high) high = most[block];
      }
      if (!whole) break;
      first = from;
      last = to;
    }
    this.found[0] = low;
    this.found[1] = high;
  }

  // The least value above zero of the rows from a to b, and the one that a twentieth are below.
  positives(a, b) {
    const { values, levels } = this;
    let found = Infinity;
    const rows = (from, to) => {
      for (let at = from; at < to; at++) {
        if (values[at] > LOG_ENDS[0] && values[at] < found) found = values[at];
      }
    };
    const look = (level, from, to) => {
      const { size, least, most } = levels[level];
      for (let block = Math.floor(from / size); block * size < to; block++) {
        const [start, end] = [Math.max(from, block * size), Math.min(to, (block + 1) * size)];
        if (least[block] >= found || most[block] <= LOG_ENDS[0]) continue;
        const part = start > block * size || end < Math.min(values.length, (block + 1) * size);
        if (!part && least[block] > LOG_ENDS[0]) found = least[block];
        else if (level) look(level - 1, start, end);
        else rows(start, end);
      }
    };
    if (a < b) look(levels.length - 1, a, b);
    const some = [];
    for (let at = a, by = Math.max(1, Math.floor((b - a) / LOOKED_AT)); at < b; at += by) {
      if (values[at] > LOG_ENDS[0] && values[at] < Infinity) some.push(values[at]);
    }
    some.sort((one, other) => one - other);
    return [found, some.length ? some[Math.floor(some.length / 20)] : Infinity];
  }

  // Adds to a path the curve from one update to another, in pixels: stairs, each value from its
  // update to the next; or where there are more of them than columns, through the first, least,
  // greatest and last value of each, so that no spike is lost. `x` and `y` are scales, see `Scale`;
  // an update is `factor` of what `x` counts.
  path(path, from, to, columns, factor, x, y) {
    const { values, start, found } = this;
    const rows = this.rows(from, to);
    const first = Math.max(0, rows[0] - 1); // the one that reaches in at the left
    const last = rows[1];
    // Numbers and no calls: this is what a frame's time goes to.
    const { start: left, from: zero, by: wide } = x;
    const { start: bottom, from: least, by: high, log, floor } = y;
    const height = (value) => {
      const at = bottom + high * ((log ? Math.log(value > floor ? value : floor) : value) - least);
      return at > FAR ? FAR : at < -FAR ? -FAR : at;
    };
    let drawing = false;
    const point = (update, py) => {
      const px = left + wide * (update * factor - zero);
      if (drawing) path.lineTo(px, py);
      else path.moveTo(px, py);
      drawing = true;
    };
    // The values from a to b, all of them but for those that are as the one before.
    const stairs = (a, b) => {
      for (let at = a; at < b; at++) {
        const value = values[at];
        if (!(value - value === 0)) {
          drawing = false;
          continue;
        }
        const py = height(value);
        point(start + at, py);
        while (at + 1 < b && values[at + 1] === value) at++;
        point(start + at + 1, py);
      }
    };
    if (last - first <= 2 * columns) {
      stairs(first, last);
      return;
    }
    const each = (last - first) / columns;
    const level = this.#level(each / FINE);
    const by = level < 0 ? 1 : this.levels[level].size; // columns begin at whole blocks
    const firsts = level < 0 ? values : this.levels[level].first;
    const begins = (row) => (row % by ? values[row] : firsts[row / by]);
    let one = height(begins(first));
    for (let column = 0, a = first; column < columns; column++) {
      const b = column + 1 < columns ? Math.round((first + each * (column + 1)) / by) * by : last;
      if (b <= a) continue;
      const other = height(b < last ? begins(b) : values[last - 1]); // where the next column begins
      if (!this.#finite(a, b)) stairs(a, b);
      else {
        this.#look(a, b, a % by ? -1 : level);
        const foot = height(found[0]);
        const top = height(found[1]);
        point(start + a, one);
        if (foot - top > LEVEL) {
          const middle = start + (a + b) / 2;
          const falls = one < other;
          if (falls && top < one) point(middle, top);
          if (foot > Math.max(one, other)) point(middle, foot);
          if (!falls && top < other) point(middle, top);
        }
      }
      one = other;
      a = b;
    }
    if (drawing) point(start + last, height(values[last - 1]));
  }

  // The level of the largest blocks that have at most so many values; -1: there is none.
  #level(most) {
    let found = -1;
    while (found + 1 < this.levels.length && this.levels[found + 1].size <= most) found++;
    return found;
  }

  // Rows from whole block to whole block around those from a to b, a little more of them.
  around(a, b) {
    const level = this.#level((b - a) / FINE);
    const by = level < 0 ? 1 : this.levels[level].size;
    return [Math.floor(a / by) * by, Math.min(this.values.length, Math.ceil(b / by) * by)];
  }

  // Whether the values of the rows from a to b have no gap.
  #finite(a, b) {
    if (this.whole) return true;
    for (let block = Math.floor(a / BLOCK); block * BLOCK < b; block++) if (this.gaps[block]) return false;
    return true;
  }

  // The places of a log's dots, in pixels: all, or where they are many four a column at the most.
  dots(from, to, columns, x, y) {
    const [first, last] = this.rows(from, to);
    const found = [];
    const add = (row) => found.push([x(this.steps[row]), y(this.values[row])]);
    const by = Math.max(1, Math.ceil((last - first) / columns));
    for (let a = first; a < last; a += by) {
      const b = Math.min(last, a + by);
      if (by <= 4) for (let row = a; row < b; row++) add(row);
      else {
        let low = a;
        let high = a;
        for (let row = a; row < b; row++) {
          if (this.values[row] < this.values[low]) low = row;
          if (this.values[row] > this.values[high]) high = row;
        }
        for (const row of new Set([a, low, high, b - 1])) add(row);
      }
    }
    return found.filter(([, py]) => Number.isFinite(py));
  }
}

// The blocks of so many blocks of a level each.
function folded({ size, first, least, most }) {
  const count = Math.ceil(least.length / FOLD);
  const [one, low, high] = [0, 1, 2].map(() => new Float64Array(count));
  for (let block = 0; block < count; block++) {
    const end = Math.min(least.length, (block + 1) * FOLD);
    one[block] = first[block * FOLD];
    low[block] = Infinity;
    high[block] = -Infinity;
    for (let at = block * FOLD; at < end; at++) {
      if (least[at] < low[block]) low[block] = least[at];
      if (most[at] > high[block]) high[block] = most[at];
    }
  }
  return { size: size * FOLD, first: one, least: low, most: high };
}

// The number of steps, which ascend, that are below an update.
function below(steps, update) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < update) low = middle + 1;
    else high = middle;
  }
  return low;
}
