// The figure: a root element's content, what it shows, and how it answers.

const NAMED = 12; // curves whose values are shown beside the cursor, the nearest ones
const SETTLED = 120; // milliseconds after which what is seen of the axis moves no more
const SAID = 150; // milliseconds of rest before a value is read aloud
const HEADROOM = 0.25; // of a panel, at the most
const PRINTED = 720; // CSS pixels: the width of a printed page, to which a wider figure is laid out
const FEWEST = 4; // updates across the page at the closest zoom
let figures = 0;

class Figure {
  constructor(root, data) {
    this.root = root;
    this.off = new Set();
    this.window = null; // what is seen of the x axis, in its unit; null: all of it
    this.moving = null; // a timer, while that changes
    this.cursor = null; // an update of the longest trace
    this.drawn = 0;
    this.drawnData = null;
    this.printing = false;
    this.number = ++figures;
    this.aborted = new AbortController();
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.state = { unit: data.unit, log: data.log, groups: data.groups, marked: data.marked };
    this.#take(data);
    this.#build();
    this.#listen();
    this.#fill();
  }

  // Replaces the curves; what was zoomed, chosen and switched off stays.
  update(data) {
    const before = this.end;
    const names = this.#names();
    this.#take(data);
    if (this.window && this.end !== before) {
      this.window = this.window.map((each) => (each / before) * this.end);
    }
    if (this.cursor !== null) {
      this.cursor = Math.min(this.cursor, this.reference.updates - 1);
    }
    if (this.#names() !== names) this.#fill();
    this.#request();
  }

  destroy() {
    this.aborted.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.saying);
    clearTimeout(this.moving);
    this.root.replaceChildren();
    this.root.classList.remove("lrviz");
  }

  // Makes what names an update in its `data-update` a button that puts the cursor there.
  link(around) {
    for (const place of around.querySelectorAll("[data-update]")) {
      const update = Number(place.dataset.update);
      const button = element("button", { type: "button", text: place.textContent });
      button.addEventListener("click", () => this.select(update));
      place.replaceChildren(button);
    }
  }

  // Puts the cursor on an update, where it can be seen.
  select(update) {
    this.point(update);
    if (this.window) {
      const [low, high] = this.window;
      const place = this.#placeOf(this.cursor);
      if (place < low || place > high) {
        const from = place - (high - low) / 2;
        this.see(from, from + high - low);
      }
    }
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (this.live.textContent = this.#sentence()), SAID);
  }

  toggle(label, on) {
    if (on) this.off.delete(label);
    else this.off.add(label);
    this.#request();
  }

  setUnit(key) {
    const before = this.unit;
    const window = this.window;
    this.state.unit = key;
    if (window && new Set(before.factors).size === 1 && new Set(this.unit.factors).size === 1) {
      const factor = this.unit.factors[0] / before.factors[0];
      this.see(window[0] * factor, window[1] * factor);
    } else this.window = null;
    this.#request();
  }

  setLog(on) {
    this.state.log = on;
    this.#request();
  }

  setGroups(groups) {
    this.state.groups = groups;
    this.#fill();
    this.#request();
  }

  setMarked(on) {
    this.state.marked = on;
    this.#request();
  }

  // Zooms about a place of the x axis, without one about the cursor or the middle.
  zoom(factor, about) {
    const [low, high] = this.seen;
    const shown = this.cursor === null ? null : this.#placeOf(this.cursor);
    const inside = shown !== null && shown >= low && shown <= high;
    const place = about ?? (inside ? shown : (low + high) / 2);
    const width = Math.max(this.closest, (high - low) * factor);
    const from = place - ((place - low) / (high - low)) * width;
    this.see(from, from + width);
  }

  reset() {
    this.window = null;
    this.#rest();
  }

  get theme() {
    if (this.printing) return "light";
    const forced = this.root.closest("[data-theme]")?.dataset.theme;
    return forced ?? (this.dark.matches ? "dark" : "light");
  }

  get view() {
    const { views } = this.data;
    return views.find((each) => each.groups === this.state.groups) ?? views[0];
  }

  get unit() {
    const { units } = this.data;
    return units.find((each) => each.key === this.state.unit) ?? units[0];
  }

  // Where the x axis ends.
  get end() {
    const { factors } = this.unit;
    return Math.max(...this.data.traces.map((each, at) => Math.max(each.length, each.updates) * factors[at]));
  }

  get seen() {
    return this.window ?? [0, this.end];
  }

  get closest() {
    return Math.min(this.end, FEWEST * Math.min(...this.unit.factors));
  }

  // The trace whose updates the cursor counts: the longest.
  get reference() {
    return this.data.traces[this.referred];
  }

  #take(data) {
    this.data = data;
    this.made = new Map();
    const lengths = data.traces.map((each) => each.updates);
    this.referred = lengths.indexOf(Math.max(...lengths));
  }

  #series(line) {
    if (!this.made.has(line)) {
      const { arrays, traces } = this.data;
      const { start, logged, steps } = traces[line.trace];
      this.made.set(line, new Series(arrays[line.array], start, logged ? arrays[steps] : null));
    }
    return this.made.get(line);
  }

  // All that the names and controls are made from.
  #names() {
    const { views, units, marks } = this.data;
    return JSON.stringify([views, units.map((each) => each.key), marks.length > 0]);
  }

  #build() {
    const { root, number } = this;
    root.classList.add("lrviz");
    this.around = element("div", { className: "lrviz-around" });
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.overlay = element("canvas", { "aria-hidden": "true" });
    this.tip = element("div", { className: "lrviz-tip", "aria-hidden": "true" });
    this.tip.hidden = true;
    this.plot = element(
      "div",
      {
        className: "lrviz-plot", tabindex: "0", role: "application",
        "aria-roledescription": "interactive chart", "aria-describedby": `lrviz-help-${number}`,
      },
      this.canvas, this.overlay,
    );
    const stage = element("div", { className: "lrviz-stage" }, this.plot, this.tip);
    this.live = element("div", { className: "lrviz-live", "aria-live": "polite", role: "status" });
    this.help = element("p", {
      className: "lrviz-help", id: `lrviz-help-${number}`,
      text: "Drag, turn the wheel or pinch to zoom; double-click shows all again. On the keyboard: " +
        "arrows for the next update (Shift: ten), Page Up and Down for a tenth of what is seen, " +
        "Home and End, + and − to zoom, 0 for all.",
    });
    root.replaceChildren(this.around, stage, this.live, this.help);
    this.painter = new Painter(this.canvas, {});
    this.context = this.overlay.getContext("2d");
  }

  // Names and controls, anew; what had the focus has it again.
  #fill() {
    const able = (part) => [...(part?.querySelectorAll("input, select, button") ?? [])];
    const parts = [legend(this), controls(this)];
    parts.forEach((part, index) => {
      const focused = able(this.around.children[index]).indexOf(document.activeElement);
      if (this.around.children[index]) this.around.children[index].replaceWith(part);
      else this.around.append(part);
      if (focused >= 0) able(part)[Math.min(focused, able(part).length - 1)].focus();
    });
    this.plot.setAttribute("aria-label", `${this.data.title}. ${this.data.description}`);
    this.#request();
  }

  // Draws at the next frame: all of it, or where only the cursor has moved nothing but that.
  #request() {
    this.stale = true;
    this.#renew();
  }

  #renew() {
    this.frame ??= requestAnimationFrame(() => (this.stale ? this.drawNow() : this.#drawCursor()));
  }

  // Draws all of it at once.
  drawNow() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.stale = false;
    const panels = this.view.panels.length;
    const seen = this.plot.clientWidth;
    if (!seen) return;
    const width = this.printing ? Math.min(PRINTED, seen) : seen;
    const { size } = this.data;
    const room = Math.round(Math.min(440, Math.max(250, 0.52 * width))) + 150 * (panels - 1);
    const height = size ? Math.round(96 * size[1]) : room;
    this.plot.style.height = `${height}px`;
    const ratio = this.printing ? 3 : window.devicePixelRatio || 1;
    const style = getComputedStyle(this.root);
    const colours = {};
    for (const name of ["text", "muted", "grid", "back", "accent"]) {
      colours[name] = style.getPropertyValue(`--lrviz-${name}`).trim();
    }
    this.painter.colours = colours;
    this.painter.resize(width, height, ratio);
    this.#arrange(width, height);
    this.scene = this.#scene(...this.seen);
    this.painter.draw(this.scene);
    this.resetButton.disabled = this.window === null;
    this.#drawCursor();
    this.drawn++;
    this.drawnData = this.data;
    this.root.dispatchEvent(new CustomEvent("lrviz:drawn", { bubbles: true, detail: { data: this.data } }));
  }

  // Where names may be depends on what there is, and not on what part of it is seen.
  #arrange(width, height) {
    const lines = this.view.panels[0].lines.map(({ label }) => [label, this.off.has(label)]);
    const key = JSON.stringify([width, height, this.state, lines]);
    if (this.arranged === key) return;
    this.arranged = key;
    this.painter.arrange(this.#scene(0, this.end));
  }

  #scene(low, high) {
    const { unit, theme, data } = this;
    const panels = this.view.panels.map((panel) => {
      const curves = panel.lines
        .filter((line) => !this.off.has(line.label))
        .map((line) => ({
          line,
          series: this.#series(line),
          factor: unit.factors[line.trace],
          look: line[theme],
          dots: line.dots,
          error: data.traces[line.trace].error,
        }))
        .sort((one, other) => one.dots - other.dots || one.look.order - other.look.order);
      const rows = curves.map(({ series, factor }) => series.rows(low / factor, high / factor));
      for (const each of rows) each[0] = Math.max(0, each[0] - 1);
      const ranges = curves.map(({ series }, at) => series.range(...rows[at]));
      const positives = () => curves.map(({ series }, at) => series.positives(...rows[at]));
      const log = this.state.log && panel.log;
      const fromZero = panel.param === "lr" && !this.window;
      return { title: panel.title, lines: panel.lines, curves, axis: yAxis(ranges, positives, log, fromZero) };
    });
    const marks = this.#marks(panels[0]);
    if (marks.length && !this.window) panels[0].axis = withRoomAbove(panels[0].axis, this.#headroom(marks));
    return { panels, low, high, whole: this.window === null, moving: this.moving !== null, unit, above: this.#above(), marks };
  }

  // What a second x axis counts: epochs or tokens over updates, updates over any other; null where
  // the traces differ in it, or where it counts the same.
  #above() {
    const { unit, data } = this;
    const one = ({ factors }) => new Set(factors).size === 1;
    const others = unit.key === "step" ? ["epoch", "tokens"] : ["step"];
    const found = data.units.find((each) => others.includes(each.key) && one(each));
    if (!found || !one(unit) || found.factors[0] === unit.factors[0]) return null;
    return { unit: found, factor: found.factors[0] / unit.factors[0] };
  }

  // The share of a panel that is left free above its curves for what is written at marks.
  #headroom(marks) {
    const rows = Math.max(new Set(marks.map(({ line }) => line)).size, marks.some(({ kind }) => kind) ? 2 : 1);
    return Math.min(HEADROOM, (Math.min(rows, 3) * MARK_HEIGHT + 6) / this.painter.height);
  }

  #marks(panel) {
    return (this.state.marked ? this.data.marks : []).flatMap((mark) => {
      const curve = panel.curves.find(
        ({ line }) => line.trace === mark.trace && line.group === mark.group,
      );
      if (!curve) return [];
      const value = curve.series.values[curve.series.row(mark.update)];
      const { line, factor, look } = curve;
      return [{ ...mark, line, place: mark.update * factor, value, colour: look.colour }];
    });
  }

  #placeOf(update) {
    return (update + 0.5) * this.unit.factors[this.referred];
  }

  // What each curve that is on has at the cursor.
  #values() {
    const place = this.#placeOf(this.cursor);
    return this.scene.panels.flatMap((panel, index) =>
      panel.curves.flatMap(({ line, series, factor, look }) => {
        const update = Math.floor(place / factor);
        const row = series.row(update);
        if (row < 0) return [];
        const at = series.steps ? series.steps[row] : update;
        const value = series.values[row];
        return [{ panel, index, line, look, factor, update: at, value, at: panel.lines.indexOf(line) }];
      }).sort((one, other) => one.at - other.at),
    );
  }

  // Where the cursor is: update, epoch, share, tokens.
  #where() {
    const { reference, referred, cursor, data } = this;
    return data.units.map(({ key, factors }) => {
      if (key === "step") return `update ${counted(cursor)}`;
      if (key === "progress") return `${Number(((100 * cursor) / reference.updates).toPrecision(3))}%`;
      if (key === "tokens") return `${counted(cursor * factors[referred])} tokens`;
      const { perEpoch } = reference;
      const epoch = perEpoch ? Math.floor((cursor * 1000) / perEpoch) / 1000 : cursor;
      return `epoch ${grouped(epoch, 3)}`;
    });
  }

  #written({ line, update, value, index, panel }) {
    const name = index ? `${line.label}, ${panel.title}` : line.label;
    const where = update === this.cursor ? "" : ` (update ${counted(update)})`;
    return [name, exactly(value), where];
  }

  #sentence() {
    if (this.cursor === null || !this.scene) return "";
    const values = this.#values().map((each) => {
      const [name, value, where] = this.#written(each);
      return `${name} ${value}${where}`;
    });
    return `${this.#where().join(", ")}: ${values.join("; ") || "no curve"}`;
  }

  // Puts the cursor on an update, or nowhere.
  point(update) {
    const { start, updates } = this.reference;
    this.cursor = update === null ? null : Math.max(start, Math.min(updates - 1, update));
    this.#renew();
    this.root.dispatchEvent(
      new CustomEvent("lrviz:cursor", { bubbles: true, detail: { update: this.cursor } }),
    );
  }

  // Draws the cursor, and writes the values beside it.
  #drawCursor() {
    this.frame = null;
    const { context, overlay, scene, painter } = this;
    const { width, height, ratio, colours } = painter;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (overlay.width !== w || overlay.height !== h) [overlay.width, overlay.height] = [w, h];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { dragged } = this.gestures;
    if (dragged) {
      const [from, to] = dragged;
      context.fillStyle = colours.accent;
      context.globalAlpha = 0.15;
      const { top } = scene.panels[0];
      context.fillRect(Math.min(from, to), top, Math.abs(to - from), scene.bottom - top);
      context.globalAlpha = 1;
    }
    const x = this.cursor === null ? NaN : scene.x(this.#placeOf(this.cursor));
    const visible = x >= scene.left - 1 && x <= scene.right + 1 && !this.printing;
    this.tip.hidden = !visible;
    if (visible) this.#point(x);
    const tip = visible ? this.#hidden() : null;
    // On paper the other canvas would be blank: what is clear in this one is white in Chromium's.
    const on = this.printing ? painter.context : context;
    for (const text of scene.texts) if (!tip || !overlap(text.box, tip)) painter.write(on, text);
  }

  // The box that the values beside the cursor cover; null where they stand elsewhere.
  #hidden() {
    if (getComputedStyle(this.tip).position !== "absolute") return null;
    const { offsetLeft: left, offsetTop: top, offsetWidth, offsetHeight } = this.tip;
    return [left, top, left + offsetWidth, top + offsetHeight];
  }

  #point(x) {
    const { context, scene } = this;
    const { colours } = this.painter;
    context.strokeStyle = colours.muted;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, scene.panels[0].top);
    context.lineTo(Math.round(x) + 0.5, scene.bottom);
    context.stroke();
    const values = this.#values();
    for (const each of values) {
      const px = each.line.dots ? scene.x(each.update * each.factor) : x;
      const py = each.panel.y(each.value);
      if (!(py > each.panel.top - 4 && py < each.panel.top + each.panel.height + 4)) continue;
      context.fillStyle = each.look.colour;
      context.strokeStyle = colours.back;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(px, py, 4, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    this.#tell(values, x);
  }

  #tell(values, x) {
    const { tip, scene } = this;
    const away = ({ panel, value }) => Math.abs(panel.y(value) - (this.gestures.pointed ?? scene.panels[0].top));
    const near = values.length > NAMED
      ? [...values].sort((one, other) => away(one) - away(other)).slice(0, NAMED)
      : values;
    const rows = near.map((each) => {
      const [name, value, where] = this.#written(each);
      return element(
        "div", {}, swatch(each.line, this.theme), element("span", { text: name + where }),
        element("b", { text: value }),
      );
    });
    const more = values.length - near.length;
    if (more) rows.push(element("div", { text: `and ${more} more` }));
    tip.replaceChildren(element("div", { text: this.#where().join(" · ") }), ...rows);
    this.#settle(x, tip.offsetWidth, tip.offsetHeight);
  }

  // Puts the values beside the cursor where they hide least of the curves, or stay where they were.
  #settle(x, width, height) {
    const { tip, scene, painter } = this;
    const places = [];
    for (const panel of scene.panels) {
      for (const top of [panel.top + 4, panel.top + panel.height - height - 4]) {
        for (const left of [x + 14, x - 14 - width]) {
          const inside = left > scene.left && left + width <= painter.width;
          const box = [left, top, left + width, top + height];
          places.push([left, top, inside ? painter.hidden(scene, box) : Infinity]);
        }
      }
    }
    const least = Math.min(...places.map((each) => each[2]));
    if (!(places[this.settled]?.[2] === least)) {
      this.settled = places.findIndex((each) => each[2] === least);
    }
    const [left, top] = places[this.settled];
    tip.style.left = `${Math.max(0, Math.min(painter.width - width, left))}px`;
    tip.style.top = `${Math.max(0, top)}px`;
  }

  // Shows a part of the x axis, no less than some updates and within the training.
  see(low, high) {
    const width = Math.min(this.end, Math.max(this.closest, high - low));
    const from = Math.max(0, Math.min(this.end - width, low + (high - low - width) / 2));
    this.window = width >= this.end * (1 - 1e-9) ? null : [from, from + width];
    clearTimeout(this.moving);
    this.moving = setTimeout(() => this.#rest(), SETTLED);
    this.#request();
  }

  // Nothing moves: names may be looked for anew.
  #rest() {
    clearTimeout(this.moving);
    this.moving = null;
    this.#request();
  }

  #listen() {
    const { signal } = this.aborted;
    this.observer = new ResizeObserver(() => this.#request());
    this.observer.observe(this.plot);
    this.dark.addEventListener("change", () => this.#fill(), { signal });
    window.addEventListener("beforeprint", () => this.#print(true), { signal });
    window.addEventListener("afterprint", () => this.#print(false), { signal });
    this.gestures = new Gestures(this, signal);
  }

  #print(on) {
    this.printing = on;
    this.root.classList.toggle("lrviz-printing", on);
    this.#rest();
    this.#fill();
    this.drawNow();
  }
}

Figure.read = fromMessage;
Figure.unpack = async (meta, texts) => ({ ...meta, arrays: await Promise.all(texts.map(unpacked)) });
