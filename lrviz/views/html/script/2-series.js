// The values of one curve: what is least and greatest between two updates, and the way of its line.

const BLOCK = 64; // values whose least and greatest are known beforehand
const LOOKED_AT = 400; // values of a curve that say where its usual ones are
const FAR = 1e4; // pixels from the page at which a line may as well end

class Series {
  // values: one an update from `start` on; or, of a log, one a step of `steps`.
  constructor(values, start, steps) {
    this.values = values;
    this.start = start;
    this.steps = steps;
    const blocks = Math.ceil(values.length / BLOCK);
    this.least = new Float64Array(blocks).fill(Infinity);
    this.most = new Float64Array(blocks).fill(-Infinity);
    this.whole = true;
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      const block = (at / BLOCK) | 0;
      if (!(value - value === 0)) {
        this.whole = false; // not finite: a gap
        continue;
      }
      if (value < this.least[block]) this.least[block] = value;
      if (value > this.most[block]) this.most[block] = value;
    }
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

  // The row of an update; of a log, that of the nearest one; -1 where there is none.
  row(update) {
    if (!this.steps) {
      const row = update - this.start;
      return row >= 0 && row < this.values.length ? row : -1;
    }
    const behind = below(this.steps, update);
    if (behind === 0) return 0;
    if (behind === this.steps.length) return behind - 1;
    return update - this.steps[behind - 1] <= this.steps[behind] - update ? behind - 1 : behind;
  }

  // The least and the greatest finite value of the rows from a to b; Infinity, -Infinity: none.
  range(a, b) {
    const { values, least, most } = this;
    let low = Infinity;
    let high = -Infinity;
    const look = (from, to) => {
      for (let at = from; at < to; at++) {
        const value = values[at];
        if (value < low && value !== -Infinity) low = value;
        if (value > high && value !== Infinity) high = value;
      }
    };
    const first = Math.ceil(a / BLOCK);
    const last = Math.floor(b / BLOCK);
    if (first >= last) {
      look(a, b);
      return [low, high];
    }
    look(a, first * BLOCK);
    for (let block = first; block < last; block++) {
      if (least[block] < low) low = least[block];
      if (most[block] > high) high = most[block];
    }
    look(last * BLOCK, b);
    return [low, high];
  }

  // The least value above zero of the rows from a to b, and the one that a twentieth are below.
  positives(a, b) {
    const { values } = this;
    let found = Infinity;
    for (let at = a; at < b; ) {
      const block = (at / BLOCK) | 0;
      const whole = at % BLOCK === 0 && at + BLOCK <= b;
      const end = whole ? at + BLOCK : Math.min(b, (block + 1) * BLOCK);
      if (whole && this.least[block] > LOG_ENDS[0]) found = Math.min(found, this.least[block]);
      else if (this.most[block] > LOG_ENDS[0]) {
        for (let row = at; row < end; row++) {
          if (values[row] > LOG_ENDS[0] && values[row] < found) found = values[row];
        }
      }
      at = end;
    }
    const some = [];
    for (let at = a, by = Math.max(1, Math.floor((b - a) / LOOKED_AT)); at < b; at += by) {
      if (values[at] > LOG_ENDS[0] && values[at] < Infinity) some.push(values[at]);
    }
    some.sort((one, other) => one - other);
    return [found, some.length ? some[Math.floor(some.length / 20)] : Infinity];
  }

  // The curve from one update to another, in pixels: stairs, each value from its update to the
  // next; or where there are more of them than columns, through the first, least, greatest and
  // last value of each, so that no spike is lost.
  path(from, to, columns, x, y) {
    const path = new Path2D();
    const first = Math.max(0, this.rows(from, to)[0] - 1); // the one that reaches in at the left
    const last = this.rows(from, to)[1];
    const { values, start } = this;
    let drawing = false;
    const point = (update, value) => {
      const px = x(update);
      const py = Math.max(-FAR, Math.min(FAR, y(value)));
      if (drawing) path.lineTo(px, py);
      else path.moveTo(px, py);
      drawing = true;
    };
    if (last - first <= 2 * columns) {
      for (let at = first; at < last; at++) {
        const value = values[at];
        if (!(value - value === 0)) {
          drawing = false;
          continue;
        }
        point(start + at, value);
        while (at + 1 < last && values[at + 1] === value) at++;
        point(start + at + 1, value);
      }
      return path;
    }
    for (let column = 0; column < columns; column++) {
      const a = first + Math.floor(((last - first) * column) / columns);
      const b = first + Math.floor(((last - first) * (column + 1)) / columns);
      if (this.whole) this.#column(point, a, b);
      else {
        for (let at = a; at < b; at++) {
          if (values[at] - values[at] !== 0) drawing = false;
          else if (!drawing || at === a || at === b - 1 || values[at] !== values[at - 1]) {
            point(start + at, values[at]);
          }
        }
      }
    }
    if (drawing) point(start + last, values[last - 1]);
    return path;
  }

  #column(point, a, b) {
    const { values, start } = this;
    const [low, high] = this.range(a, b);
    const one = values[a];
    const other = values[b - 1];
    point(start + a, one);
    const middle = start + (a + b - 1) / 2;
    const falls = one > other;
    if (falls && high > one) point(middle, high);
    if (low < Math.min(one, other)) point(middle, low);
    if (!falls && high > other) point(middle, high);
    point(start + b - 1, other);
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
