// Panels of curves on a canvas.

const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const WIDTH = 1.8; // of a curve, in CSS pixels
const EDGE = 10; // around it all
const TICK = 5;
const LINE = 16; // height of a line of text
const BETWEEN = 18; // panels
const PIECES = 12; // of a curve, beside a text
const DOT = 2.2; // radius of a logged value
const FAINT = 0.22; // how opaque a band is

class Painter {
  constructor(canvas, colours) {
    this.canvas = canvas;
    this.colours = colours;
    this.context = canvas.getContext("2d");
    this.widths = new Map(); // of names
    this.margin = 0; // for names at the curves' ends
    this.anchors = new Map(); // where the curves' names stand, see `names`
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

  // Decides how much of the width names at the curves' ends have, whatever part of a scene of all
  // that there is will be seen.
  arrange(scene) {
    this.#place(scene, 0);
    this.context.font = NAME_FONT;
    const [panel] = scene.panels;
    const ground = new Ground(scene, panel, []);
    const along = () =>
      named(panel, scene.right - scene.left, this.#measure).every(
        ({ index, size }) => ground.along(index, size, null),
      );
    this.margin = margin(scene, this.#measure, along);
    this.anchors.clear();
  }

  // The width of a text, which is measured once.
  #measure = (text) => {
    const key = this.context.font + text;
    const known = this.widths.get(key) ?? this.context.measureText(text).width;
    this.widths.set(key, known);
    return known;
  };

  // Draws a scene: {panels: [{title, axis, curves}], low, high, unit, marks}; fills in where its
  // panels are, and what is to be written in them.
  draw(scene) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.#place(scene, this.margin);
    for (const panel of scene.panels) this.#panel(scene, panel);
    this.#ticks(scene, scene.unit, 1, scene.bottom, 1);
    if (scene.above) this.#ticks(scene, scene.above.unit, scene.above.factor, scene.panels[0].top, -1);
    this.#texts(scene, scene.panels[0]);
  }

  // Marks, and where names and what bands hold are written: a finding comes before a name, and a
  // name before all else.
  #texts(scene, panel) {
    const { context } = this;
    const marks = this.#rings(scene, panel);
    const taken = marks.map(({ px, py }) => [px - 5, py - 5, px + 5, py + 5]);
    const ground = new Ground(scene, panel, taken);
    const mark = (given) => {
      context.font = FONT;
      return ofMarks(marks.filter((each) => each.given === given), ground, this.#measure, this.colours);
    };
    const found = mark(true);
    context.font = NAME_FONT;
    found.push(...names(scene, ground, this.#measure, this.anchors), ...ofBands(scene, ground, this.#measure));
    scene.texts = [...found, ...mark(false)];
  }

  #place(scene, margin) {
    scene.margin = margin;
    const { context } = this;
    context.font = FONT;
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
      panel.scale = new Scale([low, high], [panel.top + panel.height, panel.top], Boolean(log));
      panel.y = (value) => panel.scale.at(value);
    });
    scene.left = EDGE + LINE + 4 + widest + TICK + 3;
    scene.right = this.width - EDGE - 8 - margin;
    scene.bottom = top - BETWEEN;
    scene.scale = new Scale([scene.low, scene.high], [scene.left, scene.right]);
    scene.x = (place) => scene.scale.at(place);
    scene.place = (x) => scene.scale.value(x);
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
    curve.bands = [];
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
    const pixel = (scene.high - scene.low) / (scene.right - scene.left) / factor; // in updates
    curve.bands = bands(series, from, to, DENSE * pixel);
    const path = new Path2D();
    let begin = from;
    for (const { start, end, outline } of [...curve.bands, { start: to, end: to, outline: [] }]) {
      const share = Math.max(2, Math.round((columns * (start - begin)) / (to - from)));
      if (start > begin) series.path(path, begin, start, share, factor, scene.scale, panel.scale);
      this.#band(path, outline, x, panel.y);
      begin = end;
    }
    context.stroke(path);
    context.setLineDash([]);
    const last = series.values[series.values.length - 1];
    if (curve.error) this.#cross(x(series.end), panel.y(last));
    else if (width < 3) this.#dot(x(series.end), panel.y(last), 3);
  }

  // Fills a band, and adds its outline to a path.
  #band(path, outline, x, y) {
    if (!outline.length) return;
    const shape = new Path2D();
    for (const [update, , most] of outline) shape.lineTo(x(update), y(most));
    for (const [update, least] of outline.toReversed()) shape.lineTo(x(update), y(least));
    shape.closePath();
    this.context.globalAlpha = FAINT;
    this.context.fill(shape);
    this.context.globalAlpha = 1;
    path.addPath(shape);
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

  // Draws a ring on each mark that is seen, and returns them with their places.
  #rings(scene, panel) {
    const { context, colours } = this;
    const shown = scene.marks
      .map((mark) => ({ ...mark, px: scene.x(mark.place), py: panel.y(mark.value) }))
      .filter(({ px }) => px >= scene.left - 1 && px <= scene.right + 1)
      .filter(({ py }) => py >= panel.top - 1 && py <= panel.top + panel.height + 1);
    for (const { px, py, given, colour } of shown) {
      context.lineWidth = 2;
      context.strokeStyle = given ? colours.accent : colour;
      context.fillStyle = colours.back;
      context.beginPath();
      context.arc(px, py, 4, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    return shown;
  }

  // Writes a text on the ground's own colour, and draws the line that leads to it.
  write(context, { text, small, colour, x, y, slope, align, leader, stroke, bare }) {
    context.save();
    context.font = small ? FONT : NAME_FONT;
    context.strokeStyle = context.fillStyle = colour;
    const line = ([from, to], width, dashes) => {
      context.lineWidth = width;
      context.setLineDash(dashes.map((each) => each * width));
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
      context.setLineDash([]);
    };
    if (leader) line(leader, 1, []);
    if (stroke) {
      context.strokeStyle = stroke[2].colour;
      line(stroke, WIDTH, stroke[2].dashes);
    }
    context.textBaseline = "middle";
    context.textAlign = align;
    context.translate(x, y);
    context.rotate(Math.atan(slope));
    context.strokeStyle = this.colours.back;
    context.lineWidth = 4;
    context.lineJoin = "round";
    if (!bare) context.strokeText(text, 0, 0);
    context.fillText(text, 0, 0);
    context.restore();
  }

  // How much of the curves a box would hide: pieces of them, of PIECES a curve; and of texts.
  hidden(scene, box) {
    const [left, top, right, bottom] = box;
    let found = scene.texts.filter((each) => overlap(box, each.box)).length * PIECES;
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
