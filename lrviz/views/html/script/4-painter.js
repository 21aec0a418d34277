// Panels of curves on a canvas.

const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const WIDTH = 1.8; // of a curve, in CSS pixels
const EDGE = 10; // around it all
const TICK = 5;
const LINE = 16; // height of a line of text
const BETWEEN = 18; // panels
const PIECES = 12; // of a curve, beside a text
const DOT = 2.2; // radius of a logged value

class Painter {
  constructor(canvas, colours) {
    this.canvas = canvas;
    this.colours = colours;
    this.context = canvas.getContext("2d");
  }

  // Takes the size of what the canvas stands in, in CSS pixels.
  resize(width, height, ratio) {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
  }

  // Draws a scene: {panels: [{title, axis, curves}], low, high, unit, marks}; fills in where its
  // panels are.
  draw(scene) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = FONT;
    this.#place(scene);
    for (const panel of scene.panels) this.#panel(scene, panel);
    this.#ticks(scene, scene.unit, 1, scene.bottom, 1);
    if (scene.above) this.#ticks(scene, scene.above.unit, scene.above.factor, scene.panels[0].top, -1);
    if (scene.marks.length) this.#marks(scene, scene.panels[0]);
  }

  #place(scene) {
    const { context } = this;
    const count = scene.panels.length;
    const axis = LINE + TICK + LINE + 4;
    const head = scene.above ? axis : EDGE;
    const room = this.height - head - axis - (count - 1) * BETWEEN;
    const shares = scene.panels.map((_, index) => (index ? 1 : count > 1 ? 2 : 1));
    const all = shares.reduce((sum, each) => sum + each, 0);
    let top = head;
    let widest = 0;
    scene.panels.forEach((panel, index) => {
      panel.top = top;
      panel.height = (room * shares[index]) / all;
      top += panel.height + BETWEEN;
      const { low, high, log } = panel.axis;
      const most = Math.max(3, Math.floor(panel.height / 42));
      const { ticks, step } = log ? logTicks(low, high, most) : evenTicks(low, high, most, false);
      const write = yWriter(low, high, step);
      panel.ticks = ticks.map((value) => [value, write(value)]);
      widest = Math.max(widest, ...panel.ticks.map(([, text]) => context.measureText(text).width));
      const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
      panel.y = (value) => {
        const at = log ? Math.log(Math.max(value, low / 100)) : value;
        return panel.top + panel.height * (1 - (at - from) / (to - from));
      };
    });
    scene.left = EDGE + LINE + 4 + widest + TICK + 3;
    scene.right = this.width - EDGE - 8;
    scene.bottom = top - BETWEEN;
    const scale = (scene.right - scene.left) / (scene.high - scene.low);
    scene.x = (place) => scene.left + (place - scene.low) * scale;
    scene.place = (x) => scene.low + (x - scene.left) / scale;
  }

  #panel(scene, panel) {
    const { context, colours } = this;
    const { left, right } = scene;
    const bottom = panel.top + panel.height;
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.setLineDash([]);
    context.beginPath();
    for (const [value] of panel.ticks) {
      const y = Math.round(panel.y(value)) + 0.5;
      context.moveTo(left, y);
      context.lineTo(right, y);
    }
    context.stroke();
    context.fillStyle = colours.muted;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const [value, text] of panel.ticks) context.fillText(text, left - TICK - 2, panel.y(value));
    context.strokeStyle = colours.muted;
    context.beginPath();
    context.moveTo(left - 0.5, panel.top);
    context.lineTo(left - 0.5, bottom + 0.5);
    context.lineTo(right, bottom + 0.5);
    context.stroke();
    context.save();
    context.translate(EDGE, (panel.top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillStyle = colours.text;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillText(panel.title, 0, 0, panel.height + BETWEEN);
    context.restore();
    context.save();
    context.beginPath();
    context.rect(left, panel.top - 3, right - left + 1, panel.height + 6);
    context.clip();
    for (const curve of panel.curves) this.#curve(scene, panel, curve);
    context.restore();
  }

  #curve(scene, panel, curve) {
    const { context } = this;
    const { series, factor, look } = curve;
    const from = Math.max(scene.low / factor, 0);
    const to = scene.high / factor;
    const x = (update) => scene.x(update * factor);
    context.strokeStyle = context.fillStyle = look.colour;
    const width = Math.min(scene.right, x(series.end)) - Math.max(scene.left, x(series.start));
    const columns = Math.max(50, Math.round(width * this.ratio));
    if (curve.dots) {
      context.beginPath();
      for (const [px, py] of series.dots(from, to, columns, x, panel.y)) {
        context.moveTo(px + DOT, py);
        context.arc(px, py, DOT, 0, 2 * Math.PI);
      }
      context.fill();
      return;
    }
    context.lineWidth = WIDTH;
    context.lineJoin = "round";
    context.lineCap = "butt";
    context.setLineDash(look.dashes.map((each) => each * WIDTH));
    context.stroke(series.path(from, to, columns, x, panel.y));
    context.setLineDash([]);
    const last = series.values[series.values.length - 1];
    if (curve.error) this.#cross(x(series.end), panel.y(last));
    else if (width < 3) this.#dot(x(series.end), panel.y(last), 3);
  }

  #cross(x, y) {
    const { context } = this;
    context.lineWidth = 2;
    context.beginPath();
    for (const side of [-1, 1]) {
      context.moveTo(x - 5, y - 5 * side);
      context.lineTo(x + 5, y + 5 * side);
    }
    context.stroke();
  }

  #dot(x, y, radius) {
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.context.fill();
  }

  // Draws the ticks of an x axis below (1) or above (-1) a place, and its name: of a unit, of which
  // one of the axis' own is `factor`.
  #ticks(scene, unit, factor, y, side) {
    const { context, colours } = this;
    const most = Math.max(2, Math.floor((scene.right - scene.left) / 90));
    const { ticks, step } = evenTicks(scene.low * factor, scene.high * factor, most, unit.whole);
    const write = xWriter(unit.key, step);
    context.fillStyle = colours.muted;
    context.strokeStyle = colours.muted;
    context.textBaseline = side > 0 ? "top" : "bottom";
    context.textAlign = "center";
    context.lineWidth = 1;
    context.beginPath();
    for (const value of ticks) {
      const x = scene.x(value / factor);
      const text = write(value);
      context.moveTo(Math.round(x) + 0.5, y);
      context.lineTo(Math.round(x) + 0.5, y + side * TICK);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(x, this.width - half - 1), y + side * (TICK + 2));
    }
    context.stroke();
    context.fillStyle = colours.text;
    const middle = (scene.left + scene.right) / 2;
    context.fillText(UNIT_NAMES[unit.key], middle, y + side * (TICK + LINE + 4));
  }

  // A ring and a text on each mark, the text where it is free; without one where nothing is.
  #marks(scene, panel) {
    const { context, colours } = this;
    const taken = [];
    const inside = (box) =>
      box[0] >= scene.left + 2 && box[2] <= scene.right && box[1] >= panel.top &&
      box[3] <= panel.top + panel.height;
    const apart = (box) =>
      !taken.some(
        (other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3],
      );
    const clear = (box) => inside(box) && apart(box) && !this.hidden(scene, box);
    const free = (box) => inside(box) && apart(box);
    const shown = scene.marks
      .map((mark) => ({ ...mark, px: scene.x(mark.place), py: panel.y(mark.value) }))
      .filter((mark) => mark.px >= scene.left - 1 && mark.px <= scene.right + 1);
    for (const { px, py } of shown) taken.push([px - 5, py - 5, px + 5, py + 5]);
    for (const mark of shown) {
      const { px, py } = mark;
      context.lineWidth = 2;
      context.strokeStyle = mark.given ? colours.accent : mark.colour;
      context.fillStyle = colours.back;
      context.beginPath();
      context.arc(px, py, 4, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
      context.fillStyle = mark.given ? colours.accent : colours.text;
      context.textAlign = "left";
      context.textBaseline = "middle";
      const short = { ...mark, texts: mark.texts.slice(-1) };
      const found = this.#room(mark, clear) ?? this.#room(short, free);
      if (!found) continue;
      const [text, box] = found;
      taken.push(box);
      context.save();
      context.strokeStyle = colours.back;
      context.lineWidth = 4;
      context.lineJoin = "round";
      context.strokeText(text, box[0], (box[1] + box[3]) / 2);
      context.fillText(text, box[0], (box[1] + box[3]) / 2);
      context.restore();
    }
  }

  #room(mark, free) {
    const { px, py } = mark;
    for (const text of mark.texts) {
      const width = this.context.measureText(text).width;
      const lefts = [8, -width / 2, -width - 8];
      for (const dy of [-14, 14, 0, -30, 30]) {
        for (const dx of dy ? lefts : [8, -width - 8]) {
          const box = [px + dx, py + dy - 8, px + dx + width, py + dy + 8];
          if (free(box)) return [text, box];
        }
      }
    }
    return null;
  }

  // How much of the curves a box would hide: pieces of them, of PIECES a curve.
  hidden(scene, box) {
    const [left, top, right, bottom] = box;
    let found = 0;
    for (const panel of scene.panels) {
      if (bottom < panel.top || top > panel.top + panel.height) continue;
      for (const { series, factor } of panel.curves) {
        const step = (right - left) / PIECES;
        for (let x = left; x < right - 1e-6; x += step) {
          const [from, to] = [scene.place(x) / factor, scene.place(x + step) / factor];
          const rows = series.rows(Math.floor(Math.max(0, from)), to);
          const [low, high] = rows[0] < rows[1] ? series.range(...rows) : [Infinity, -Infinity];
          if (low <= high && panel.y(low) > top - 2 && panel.y(high) < bottom + 2) found++;
        }
      }
    }
    return found;
  }
}
