// What stands around the canvas: the curves' names with their switches, and the controls.

function element(name, properties = {}, ...children) {
  const { className, text, ...attributes } = properties;
  const found = document.createElement(name);
  if (className) found.className = className;
  if (text !== undefined) found.textContent = text;
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

// A piece of a curve's line, or three dots, as its name's sign.
function swatch(line, theme) {
  const svg = "http://www.w3.org/2000/svg";
  const found = document.createElementNS(svg, "svg");
  const draw = (name, attributes) => {
    const shape = document.createElementNS(svg, name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    found.append(shape);
  };
  for (const [key, value] of [["width", 34], ["height", 10], ["aria-hidden", "true"]]) {
    found.setAttribute(key, value);
  }
  const { colour, dashes } = line[theme];
  if (line.dots) for (const cx of [5, 17, 29]) draw("circle", { cx, cy: 5, r: 2.6, fill: colour });
  else {
    const dash = dashes.map((each) => each * WIDTH).join(" ");
    draw("line", {
      x1: 0, x2: 34, y1: 5, y2: 5, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash || "none",
    });
  }
  return found;
}

// One entry for each curve of a view, whatever panels it is in.
function entries(view) {
  const found = new Map();
  for (const panel of view.panels) {
    for (const line of panel.lines) {
      const key = `${line.trace}/${line.group}`;
      if (!found.has(key)) found.set(key, { key, line });
    }
  }
  return [...found.values()];
}

function legend(figure) {
  const list = element("fieldset", { className: "lrviz-legend" }, element("legend", { text: "Curves" }));
  for (const { line } of entries(figure.view)) {
    const box = element("input", { type: "checkbox" });
    box.checked = !figure.off.has(line.label);
    box.addEventListener("change", () => figure.toggle(line.label, box.checked));
    const name = element("span", { text: line.label });
    list.append(element("label", {}, box, swatch(line, figure.theme), name));
  }
  return list;
}

function controls(figure) {
  const { data, state } = figure;
  const bar = element("div", { className: "lrviz-controls", role: "group", "aria-label": "View" });
  if (data.units.length > 1) {
    const select = element("select");
    for (const { key } of data.units) {
      const option = element("option", { value: key, text: UNIT_NAMES[key] });
      option.selected = key === state.unit;
      select.append(option);
    }
    select.addEventListener("change", () => figure.setUnit(select.value));
    bar.append(element("label", {}, "x ", select));
  }
  const check = (text, checked, act) => {
    const box = element("input", { type: "checkbox" });
    box.checked = checked;
    box.addEventListener("change", () => act(box.checked));
    bar.append(element("label", {}, box, text));
  };
  check("logarithmic", state.log, (on) => figure.setLog(on));
  if (data.views.length > 1) {
    check("all param groups", state.groups === "all", (on) => figure.setGroups(on ? "all" : "ends"));
  }
  if (data.marks.length) check("marks", state.marked, (on) => figure.setMarked(on));
  const button = (text, label, act) => {
    const found = element("button", { type: "button", text, "aria-label": label, title: label });
    found.addEventListener("click", act);
    bar.append(found);
    return found;
  };
  button("−", "zoom out", () => figure.zoom(2));
  button("+", "zoom in", () => figure.zoom(0.5));
  figure.resetButton = button("reset zoom", "reset zoom", () => figure.reset());
  return bar;
}
