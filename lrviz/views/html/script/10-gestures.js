// What a figure does with the keyboard, the mouse and fingers.

const SCROLLING = 300; // milliseconds after which a turn of the wheel is no more the page's
const MEANT = 4; // pixels from which on a press is a drag
const APART = 8; // pixels between two fingers that zoom

class Gestures {
  // Listens on a figure's plot, and for scrolling on the whole page, until the signal.
  constructor(figure, signal) {
    this.figure = figure;
    this.pointers = new Map(); // those that are down
    this.dragged = null; // from where to where the mouse was drawn, in pixels
    this.pinched = null; // the places of the x axis that two fingers hold
    this.held = null; // the one that the mouse holds, with Shift
    this.pointed = null; // how far down the pointer is, in pixels
    this.scrolled = -Infinity; // when the page was
    const { plot } = figure;
    const on = (target, name, act, more = {}) =>
      target.addEventListener(name, (event) => figure.scene && act(event), { signal, ...more });
    on(plot, "keydown", (event) => this.#key(event));
    on(plot, "wheel", (event) => this.#wheel(event), { passive: false });
    on(window, "scroll", (event) => (this.scrolled = event.timeStamp), { capture: true });
    on(plot, "dblclick", () => figure.reset());
    on(plot, "pointerdown", (event) => this.#down(event));
    on(plot, "pointermove", (event) => this.#move(event));
    on(plot, "pointerup", (event) => this.#up(event));
    on(plot, "pointercancel", (event) => this.#up(event));
    on(plot, "pointerleave", () => {
      if (!this.pointers.size && document.activeElement !== plot) figure.point(null);
    });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { figure } = this;
    const { reference } = figure;
    const [low, high] = figure.seen;
    const factor = figure.unit.factors[figure.referred];
    const tenth = Math.max(1, Math.round((high - low) / factor / 10));
    const at = figure.cursor ?? (figure.window ? Math.floor(low / factor) : reference.start - 1);
    const by = event.shiftKey ? 10 : 1;
    const acts = {
      ArrowRight: () => figure.select(at + by),
      ArrowLeft: () => figure.select(at - by),
      PageDown: () => figure.select(at + tenth),
      PageUp: () => figure.select(at - tenth),
      Home: () => figure.select(reference.start),
      End: () => figure.select(reference.updates - 1),
      "+": () => figure.zoom(0.5),
      "=": () => figure.zoom(0.5),
      "-": () => figure.zoom(2),
      0: () => figure.reset(),
      Escape: () => figure.reset(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  #wheel(event) {
    const { figure } = this;
    const [low, high] = figure.seen;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      if (!figure.window) return;
      event.preventDefault();
      const by = (event.deltaX / (figure.scene.right - figure.scene.left)) * (high - low);
      figure.see(low + by, high + by);
      return;
    }
    if (event.deltaY > 0 && !figure.window) return; // nothing to zoom out of: the page scrolls
    if (event.timeStamp - this.scrolled < SCROLLING) return; // it is the page that is scrolled
    event.preventDefault();
    const pixels = event.deltaY * [1, LINE, 400][event.deltaMode];
    figure.zoom(Math.exp(0.002 * Math.max(-400, Math.min(400, pixels))), this.#under(event));
  }

  #down(event) {
    if (event.button) return;
    this.figure.plot.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size === 2) {
      this.pinched = [...this.pointers.values()].map((each) => this.#under(each));
      this.dragged = null;
    } else if (event.shiftKey) this.held = this.#under(event);
    else if (event.pointerType === "mouse") this.dragged = [this.#x(event), this.#x(event)];
    this.#move(event);
  }

  #move(event) {
    const { figure } = this;
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, event);
    if (this.pinched) {
      this.#pinch();
      return;
    }
    if (this.held !== null) {
      const [low, high] = figure.seen;
      const by = this.held - this.#under(event);
      figure.see(low + by, high + by);
      return;
    }
    if (this.dragged) this.dragged[1] = this.#x(event);
    this.pointed = event.clientY - figure.plot.getBoundingClientRect().top;
    figure.point(Math.floor(this.#under(event) / figure.unit.factors[figure.referred]));
  }

  // Keeps under two fingers what was under them when they came down.
  #pinch() {
    const { left, right } = this.figure.scene;
    const [one, other] = [...this.pointers.values()].map((each) => this.#x(each));
    const each = (this.pinched[1] - this.pinched[0]) / (other - one);
    if (Math.abs(one - other) < APART || !(each > 0)) return;
    const low = this.pinched[0] - (one - left) * each;
    this.figure.see(low, low + (right - left) * each);
  }

  #up(event) {
    const { figure, dragged } = this;
    this.pointers.delete(event.pointerId);
    if (this.pointers.size < 2) this.pinched = null;
    this.held = this.dragged = null;
    if (dragged && event.type === "pointerup" && Math.abs(dragged[0] - dragged[1]) > MEANT) {
      figure.see(...dragged.map(figure.scene.place).sort((one, other) => one - other));
    }
    figure.point(figure.cursor);
  }

  // Where a pointer is across the panels, in pixels.
  #x(event) {
    const { left, right } = this.figure.scene;
    const x = event.clientX - this.figure.plot.getBoundingClientRect().left;
    return Math.max(left, Math.min(right, x));
  }

  // The place of the x axis under a pointer.
  #under(event) {
    return this.figure.scene.place(this.#x(event));
  }
}
