// What is drawn in a panel, as its texts see it: where they may stand.

// In pixels.
const COLUMN = 4; // across, is looked at as one
const EVERY = 7; // columns at which a name may be
const BESIDE = 4; // between a curve and its name
const LEAST_AWAY = 13; // between a name and the next curve
const MOST_AWAY = 58; // farther away is no better
const ENOUGH = 24; // more than that is worth
const MORE = 0.3; // that share of it
const STAND_OFF = 28; // between a curve and its name, on the mean over its length
const BENT = 2; // times that: what a name costs that its curve is not beside all along
const ASLANT = 6; // what a level name is worth
const CENTRED = 10; // and one in the middle
const STAYS = 25; // and one that stays where it was
const STEEPEST = (65 * Math.PI) / 180;
const LEVEL_ANGLE = (6 * Math.PI) / 180;
const ALONE = 10; // from where a line leads to a name, to the next curve
const LEADERS = [22, 34, 48, 64]; // lengths of such lines
const DIRECTIONS = 12; // in which they lead

// What is drawn in a panel, as names see it: where its curves go, and the boxes that are taken.
class Ground {
  constructor(scene, panel, taken) {
    this.left = scene.left;
    this.right = scene.right;
    this.top = panel.top;
    this.bottom = panel.top + panel.height;
    this.columns = Math.max(1, Math.floor((scene.right - scene.left) / COLUMN));
    this.taken = taken;
    this.curves = panel.curves.map((curve) => this.#swept(scene, panel, curve));
  }

  // The upper and the lower edge of what a curve takes up of each column, NaN where it is not.
  #swept(scene, panel, { line, series, factor }) {
    const top = new Float64Array(this.columns).fill(NaN);
    const bottom = new Float64Array(this.columns).fill(NaN);
    let before = -1;
    for (let column = 0; column < this.columns; column++) {
      const x = this.left + column * COLUMN;
      const to = scene.place(x + COLUMN) / factor;
      const [a, b] = series.around(...series.rows(Math.floor(scene.place(x) / factor), to));
      const [low, high] = a < b ? series.range(a, b) : [Infinity, -Infinity];
      if (low > high) continue;
      top[column] = panel.y(high);
      bottom[column] = panel.y(low);
      if (before >= 0 && (series.steps || before === column - 1)) this.#join(top, bottom, before, column);
      before = column;
    }
    for (let column = 0; column < this.columns; column++) {
      if (!(bottom[column] >= this.top && top[column] <= this.bottom)) top[column] = bottom[column] = NaN;
    }
    return { line, top, bottom };
  }

  // Fills what is between two columns of a curve.
  #join(top, bottom, one, other) {
    for (let at = one + 1; at < other; at++) {
      const part = (at - one) / (other - one);
      top[at] = top[one] + part * (top[other] - top[one]);
      bottom[at] = bottom[one] + part * (bottom[other] - bottom[one]);
    }
    top[other] = Math.min(top[other], bottom[other - 1]);
    bottom[other] = Math.max(bottom[other], top[other - 1]);
  }

  x(column) {
    return this.left + (column + 0.5) * COLUMN;
  }

  column(x) {
    return Math.floor((x - this.left) / COLUMN);
  }

  // Whether a box [left, top, right, bottom] lies in the panel and on no text.
  isFree(box) {
    return (
      box[0] >= this.left + 3 && box[2] <= this.right && box[1] >= this.top && box[3] <= this.bottom - 2 &&
      !this.taken.some((other) => overlap(box, other))
    );
  }

  // How far the curves but one are from a text about a place, which is aslant by so much a pixel;
  // at most MOST_AWAY, and -1 where it is less than `least`.
  distance(own, x, y, slope, [width, height], least) {
    const cos = 1 / Math.hypot(1, slope);
    const half = (width * cos + height * Math.abs(slope) * cos) / 2;
    const reach = height / 2 / cos;
    const [from, to] = [Math.max(0, this.column(x - half)), Math.min(this.columns - 1, this.column(x + half))];
    let found = MOST_AWAY;
    for (let index = 0; index < this.curves.length; index++) {
      if (index === own) continue;
      const { top, bottom } = this.curves[index];
      for (let column = from; column <= to; column++) {
        const middle = y + slope * (this.left + (column + 0.5) * COLUMN - x);
        const away = cos * Math.max(top[column] - middle, middle - bottom[column]) - cos * reach - 1;
        if (away < found) found = away; // not where it is NaN
      }
      if (found < least) return -1;
      const beyond = (start, step) => {
        const middle = y + slope * (this.left + (start + 0.5) * COLUMN - x);
        for (let column = start + step; column >= 0 && column < this.columns; column += step) {
          const across = (column - start) * step * COLUMN;
          if (across >= found) break;
          const up = Math.max(0, top[column] - middle - reach, middle - reach - bottom[column]);
          if (up * up + across * across < found * found) found = Math.sqrt(up * up + across * across);
        }
      };
      beyond(from, -1);
      beyond(to, 1);
      if (found < least) return -1;
    }
    return found;
  }

  // The best place for a name along its curve; null where there is none. One that it had `before`
  // is at {x, side}, above (-1) or below (1); it is the only one that is looked at where it is so.
  along(own, size, before) {
    const { top, bottom } = this.curves[own];
    const had = before ? this.column(before.x) : null;
    let best = null;
    for (const middle of before?.only ? [had] : this.#middles(had)) {
      const off = CENTRED * Math.abs((middle + 0.5) / this.columns - 0.5);
      if (best && middle !== had && best.worth >= worth(MOST_AWAY) - off) break; // none of the rest is better
      for (const slope of this.#slopes(own, middle, size)) {
        for (const side of [-1, 1]) {
          const place = this.#beside(side < 0 ? top : bottom, middle, slope, side, size);
          if (!place) continue;
          const stays = before && side === before.side && middle === had;
          const less = BENT * place.gap + off + (slope ? ASLANT : 0) - (stays ? STAYS : 0);
          const least = Math.max(LEAST_AWAY, best ? awayFor(best.worth + less) : 0);
          const away = least < MOST_AWAY ? this.distance(own, place.x, place.y, slope, size, least) : -1;
          if (away > 0 && this.#isNext(own, middle, slope, side, place))
            best = { ...place, side, slope, worth: worth(away) - less };
        }
      }
    }
    return best;
  }

  // Columns to look at: the one where the name was, then from the middle outwards.
  #middles(had) {
    const middle = this.columns >> 1;
    const found = had === null ? [middle] : [had, middle];
    for (let away = EVERY; away < middle - EVERY; away += EVERY) found.push(middle - away, middle + away);
    return found;
  }

  // Level, and as the curve goes from one end of its name to the other.
  #slopes(own, middle, [width]) {
    const { top, bottom } = this.curves[own];
    const found = [0];
    let slope = 0;
    for (let again = 0; again < 2; again++) {
      const half = width / 2 / Math.hypot(1, slope) / COLUMN;
      const [one, other] = [middle - half, middle + half].map((each) => Math.round(each));
      if (one < 0 || other >= this.columns) return found;
      slope = (top[other] + bottom[other] - top[one] - bottom[one]) / 2 / ((other - one) * COLUMN);
    }
    const angle = Math.abs(Math.atan(slope));
    if (angle > LEVEL_ANGLE && angle <= STEEPEST) found.push(slope);
    return found;
  }

  // Where a name is that lies on one edge of its curve; null where it does not fit there.
  #beside(edge, middle, slope, side, [width, height]) {
    const cos = 1 / Math.hypot(1, slope);
    const half = Math.ceil((width / 2) * cos / COLUMN);
    if (middle - half < 0 || middle + half >= this.columns) return null;
    let furthest = -Infinity;
    let sum = 0;
    for (let column = middle - half; column <= middle + half; column++) {
      const over = side * (edge[column] - slope * (column - middle) * COLUMN);
      if (!(over === over)) return null;
      if (over > furthest) furthest = over;
      sum += over;
    }
    const gap = (furthest - sum / (2 * half + 1)) * cos;
    if (gap > STAND_OFF) return null;
    const x = this.x(middle);
    const y = side * furthest + (side * (height / 2 + BESIDE)) / cos;
    const box = boxAround(x, y, slope, [width, height]);
    return this.isFree(box) ? { x, y, gap, box, half, furthest } : null;
  }

  // Whether no other curve is between a name and its curve.
  #isNext(own, middle, slope, side, { half, furthest }) {
    const edge = side < 0 ? this.curves[own].top : this.curves[own].bottom;
    for (let column = middle - half; column <= middle + half; column++) {
      const line = side * furthest + slope * (column - middle) * COLUMN;
      const [high, low] = side < 0 ? [line, edge[column] - 1] : [edge[column] + 1, line];
      const parts = ({ top, bottom }, index) => index !== own && top[column] < low && bottom[column] > high;
      if (this.curves.some(parts)) return false;
    }
    return true;
  }

  // A level place within what a curve takes up from one place to another, near its middle; or null.
  within(own, from, to, size) {
    const { top, bottom } = this.curves[own];
    for (const along of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9]) {
      const x = from + along * (to - from);
      const [first, last] = [x - size[0] / 2, x + size[0] / 2].map((each) => this.column(each));
      if (x - size[0] / 2 < from || x + size[0] / 2 > to || first < 0 || last >= this.columns) continue;
      const high = Math.max(...top.subarray(first, last + 1)) + BESIDE + size[1] / 2;
      const low = Math.min(...bottom.subarray(first, last + 1)) - BESIDE - size[1] / 2;
      for (const up of high < low ? [0.5, 0.35, 0.65, 0.2, 0.8, 0, 1] : []) {
        const y = low - up * (low - high);
        const box = boxAround(x, y, 0, size);
        if (this.isFree(box) && this.distance(own, x, y, 0, size, 2) > 0) return { x, y, slope: 0, box };
      }
    }
    return null;
  }

  // A level place near a curve, to which a line leads from where the curve is alone; or null.
  led(own, size) {
    const starts = this.#starts(own);
    for (const length of starts.length ? LEADERS : []) {
      for (const start of starts) {
        const place = this.around(own, start, length, size);
        if (place) return place;
      }
    }
    return null;
  }

  // Points of a curve, from the middle outwards, that are far from all others; of one that is but a
  // dot, that dot.
  #starts(own) {
    const { top, bottom } = this.curves[own];
    const point = (column) => [this.x(column), (top[column] + bottom[column]) / 2];
    const begins = top.findIndex((each) => each === each);
    if (begins >= 0 && !(top[begins + 2] === top[begins + 2])) return [point(begins)];
    return this.#middles(null)
      .filter((column, at) => at % 2 && bottom[column] - top[column] < ALONE)
      .map(point)
      .filter((start) => this.distance(own, ...start, 0, [2, 2], ALONE) > 0);
  }

  // A level place on no curve, to which a line of so many pixels leads from a point of a curve, and
  // crosses no other one and no text; or null. `own` null: it may cross curves.
  around(own, start, length, [width, height]) {
    for (let turn = 0.5; turn < DIRECTIONS; turn++) {
      const angle = (2 * Math.PI * turn) / DIRECTIONS;
      const end = [start[0] + length * Math.cos(angle), start[1] + length * Math.sin(angle)];
      const x = end[0] + (width / 2) * Math.sign(Math.cos(angle));
      const y = end[1] + (height / 2) * Math.sin(angle);
      const box = boxAround(x, y, 0, [width, height]);
      if (!this.isClear(box)) continue;
      const line = [];
      for (let away = 10; away < length; away += 3) {
        const at = [0, 1].map((each) => start[each] + (away / length) * (end[each] - start[each]));
        line.push([at[0] - 1, at[1] - 1, at[0] + 1, at[1] + 1]);
      }
      const clear = ([left, top]) => own === null || this.distance(own, left + 1, top + 1, 0, [1, 1], 2) > 0;
      if (line.some((dot) => !this.isFree(dot)) || !line.every(clear)) continue;
      return { x, y, slope: 0, side: 0, box, line, leader: [start, end] };
    }
    return null;
  }

  // Whether a box lies in the panel, on no text and on no curve.
  isClear(box) {
    const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    return this.isFree(box) && this.distance(-1, x, y, 0, [box[2] - box[0], box[3] - box[1]], 2) > 0;
  }

  // Takes a place: a text's box, and the line that leads to it.
  take({ box, line }) {
    this.taken = [...this.taken, box, ...(line ?? [])];
  }
}

// What it is worth that other curves are so far away, and how far they are that are worth so much.
function worth(away) {
  return Math.min(away, ENOUGH + MORE * (away - ENOUGH));
}

function awayFor(worth) {
  return Math.max(worth, ENOUGH + (worth - ENOUGH) / MORE);
}

function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

// The upright box around a text.
function boxAround(x, y, slope, [width, height]) {
  const cos = 1 / Math.hypot(1, slope);
  const sin = Math.abs(slope) * cos;
  const [across, up] = [(width * cos + height * sin) / 2, (width * sin + height * cos) / 2];
  return [x - across, y - up, x + across, y + up];
}

