// Sections of controls, as the server describes them, to elements.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null)
      made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null));
  return made;
}

// A name in an element, which may be broken behind each of its underscores.
function named(made, name) {
  name.split(/(?<=_)/).forEach((part, at) => made.append(...(at ? [element("wbr"), part] : [part])));
  return made;
}

function float(number) {
  const text = String(Number(number.toPrecision(3)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

// The value that a position of a slider stands for, as YAML.
const TEXTS = {
  share: (at) => `${Number(at.toFixed(1))}%`,
  rate: (at, span) => (at <= span.low ? "0lr" : `${Number((10 ** at).toPrecision(3))}lr`),
  log: (at) => float(10 ** at),
  linear: (at) => float(Number(at.toFixed(3))),
  whole: (at) => String(Math.round(at)),
  counts: (at) => String(Math.max(1, Math.round(Number((10 ** at).toPrecision(3))))),
};

const STEPS = {share: 0.1, whole: 1, rate: 0.01, log: 0.01, counts: 0.01};

class Controls {
  // change(action, path, text, done): done where a drag or a text has ended.
  constructor(root, names, change) {
    this.root = root;
    this.names = names;
    this.change = change;
    this.shape = "";
    this.rows = new Map(); // by path: what shows a control, or a section
    this.open = new Map(); // by path: whether a section was opened
    this.own = random(); // a notebook may have several pages, and its own ids
    this.count = 0;
  }

  show(sections) {
    const shape = JSON.stringify(sections, (key, value) =>
      ["value", "position", "span", "given", "default", "said"].includes(key) ? undefined : value,
    );
    if (shape !== this.shape) {
      this.shape = shape;
      this.build(sections);
    }
    this.update(sections);
  }

  build(sections) {
    const held = document.activeElement?.dataset?.key;
    this.rows.clear();
    this.count = 0;
    this.root.replaceChildren(...sections.map((each) => this.section(each)));
    if (held)
      [...this.root.querySelectorAll("[data-key]")]
        .find((each) => each.dataset.key === held)
        ?.focus({preventScroll: true});
  }

  update(sections) {
    for (const section of sections) {
      this.rows.get(JSON.stringify(section.path))?.take(section);
      for (const control of section.controls) this.value(control);
      this.update(section.sections);
    }
  }

  value(control) {
    this.rows.get(JSON.stringify(control.path))?.take(control);
    for (const each of control.items) this.value(each);
  }

  // What is wrong, at the control that caused it or the nearest around it; returns the others.
  problems(problems) {
    for (const row of this.rows.values()) row.blame("");
    const rest = [];
    for (const problem of problems) {
      const path = [...problem.path];
      while (path.length && !this.rows.has(JSON.stringify(path))) path.pop();
      const row = path.length ? this.rows.get(JSON.stringify(path)) : null;
      if (row) row.blame(problem.message);
      else rest.push(problem);
    }
    return rest;
  }

  id() {
    return `${this.own}-${this.count++}`;
  }

  section(section) {
    const key = JSON.stringify(section.path);
    const body = element("div", {class: "body"});
    const problem = element("p", {class: "problem", hidden: true});
    const title = section.kind === "member" || section.kind === "scheduler" ? "" : section.title;
    const summary = element("summary", {text: title || section.type, "data-key": `s${key}`});
    const open = this.open.get(key) ?? true;
    const around = element("details", {class: section.kind, open}, summary, problem, body);
    around.addEventListener("toggle", () => this.open.set(key, around.open));
    const said = element("p", {class: "said"});
    this.rows.set(key, {
      take(now) {
        said.textContent = now.said;
        said.hidden = !now.said;
      },
      blame(message) {
        problem.textContent = message;
        problem.hidden = !message;
        if (message) around.open = true;
      },
    });
    body.append(said, ...this.about(section));
    const shown = section.controls.filter((each) => !each.minor);
    const minor = section.controls.filter((each) => each.minor);
    body.append(...shown.map((each) => this.row(each)));
    if (minor.length) {
      const where = `more${key}`;
      const more = element("details", {class: "more", open: this.open.get(where) ?? false});
      more.addEventListener("toggle", () => this.open.set(where, more.open));
      more.append(element("summary", {text: "More arguments", "data-key": where}));
      more.append(...minor.map((each) => this.row(each)));
      body.append(more);
    }
    body.append(...section.sections.map((each) => this.section(each)));
    const inner = section.sections.find((each) => each.kind === "scheduler" || each.kind === "member");
    if (inner) body.append(this.members(section, inner.path.slice(0, -1)));
    if (section.kind === "optimizer") body.append(this.groups(section));
    return around;
  }

  // What can be done with a section as a whole.
  about(section) {
    const {kind, path} = section;
    const made = [];
    if (kind === "curve") {
      const id = this.id();
      const rename = (event) => this.change("rename", path, event.target.value, true);
      made.push(
        element(
          "div",
          {class: "row"},
          element("label", {for: id, text: "name"}),
          element("input", {
            id,
            type: "text",
            value: section.title,
            "data-key": `n${JSON.stringify(path)}`,
            onchange: rename,
          }),
        ),
      );
    }
    const types = kind === "optimizer" ? [["", this.names.optimizers.map((each) => [each])]] : [
      ["Presets", this.names.presets],
      ["PyTorch's schedulers", this.names.classes],
    ];
    if (section.type) {
      const id = this.id();
      const where = kind === "curve" || kind === "member" ? [...path, "scheduler"] : path;
      const select = element("select", {
        id,
        "data-key": `t${JSON.stringify(path)}`,
        onchange: (event) => this.change("type", where, event.target.value, true),
      });
      options(select, types, section.type);
      made.push(element("div", {class: "row"}, element("label", {for: id, text: "type"}), select));
    }
    // A config whose curves are there goes with them.
    const isMember = kind === "scheduler" || kind === "member";
    if (kind === "curve" || kind === "group" || isMember || (kind === "config" && !section.said)) {
      const remove = element("button", {
        type: "button",
        text: "Remove",
        "aria-label": `Remove ${section.title}`,
        "data-key": `r${JSON.stringify(path)}`,
        onclick: () => (isMember ? this.without(section) : this.change("unset", path, "", true)),
      });
      made.push(element("div", {class: "row"}, remove));
    }
    return made;
  }

  // Adds a scheduler to a composite one, and to SequentialLR the milestone before it.
  members(section, list) {
    const {controls, sections} = section;
    const number = sections.filter((each) => each.path.length === list.length + 1).length;
    const milestones = controls.find((each) => each.name === "milestones");
    const add = () => {
      if (milestones)
        this.change("set", [...milestones.path, milestones.items.length], "90%", false);
      this.change("set", [...list, number], "{type: cosine}", true);
    };
    return element("button", {
      type: "button",
      text: "Add a scheduler",
      "data-key": `m${JSON.stringify(list)}`,
      onclick: add,
    });
  }

  // Takes one out, and the milestone at which it began, or that at which the first one ended.
  without(section) {
    const at = section.path.at(-1);
    const list = section.path.slice(0, -1);
    const milestones = [...list.slice(0, -1), "milestones"];
    if (this.rows.has(JSON.stringify(milestones)))
      this.change("unset", [...milestones, Math.max(0, at - 1)], "", false);
    this.change("unset", section.path, "", true);
  }

  groups(section) {
    const add = () => {
      const names = new Set(section.sections.map((each) => each.title));
      let number = names.size || 1;
      if (!names.size) this.change("set", [...section.path, "groups", "base"], "{}", false);
      while (names.has(`group ${number}`)) number++;
      const path = [...section.path, "groups", `group ${number}`];
      this.change("set", path, "{lr: 0.1lr}", true);
    };
    return element("button", {
      type: "button",
      text: "Add a param group",
      "data-key": `g${JSON.stringify(section.path)}`,
      onclick: add,
    });
  }

  row(control) {
    const key = JSON.stringify(control.path);
    const id = this.id();
    const problem = element("p", {class: "problem", id: `${id}p`, hidden: true});
    const said = control.said
      ? element("span", {class: "said", id: `${id}s`, text: control.said})
      : null;
    const described = [said?.id, problem.id].filter(Boolean).join(" ");
    const reset = element("button", {
      type: "button",
      class: "reset",
      text: "default",
      "aria-label": `${control.name}: back to the default`,
      "data-key": `d${key}`,
      hidden: true,
      onclick: () => this.change("unset", control.path, "", true),
    });
    const parts = this.parts(control, id, key, described);
    const label = named(element("label", {for: id}), control.name);
    const around = element(
      "div",
      {class: `row ${control.kind}`},
      control.items.length || control.kind === "list"
        ? named(element("span", {class: "name"}), control.name)
        : label,
      ...parts.elements,
      reset,
      said,
      problem,
    );
    this.rows.set(key, {
      take(now) {
        reset.hidden = !now.given || now.required || parts.fixed;
        around.classList.toggle("given", now.given);
        parts.take(now);
      },
      blame(message) {
        problem.textContent = message;
        problem.hidden = !message;
        for (const each of parts.elements)
          if (each.matches("input, select")) each.setAttribute("aria-invalid", Boolean(message));
      },
    });
    return around;
  }

  parts(control, id, key, described) {
    if (control.kind === "boolean") return this.checkbox(control, id, key, described);
    if (control.kind === "choice") return this.choice(control, id, key, described);
    if (control.kind === "list") return this.list(control);
    return this.typed(control, id, key, described, (text, done) =>
      this.change("set", control.path, text, done),
    );
  }

  checkbox(control, id, key, described) {
    const box = element("input", {
      type: "checkbox",
      id,
      "data-key": key,
      "aria-describedby": described,
      onchange: () => this.change("set", control.path, String(box.checked), true),
    });
    return {
      elements: [box],
      take(now) {
        box.checked = now.value === "true";
        box.indeterminate = now.value !== "true" && now.value !== "false";
      },
    };
  }

  choice(control, id, key, described) {
    const isUnit = control.name === "length in";
    const select = element("select", {
      id,
      "data-key": key,
      "aria-describedby": described,
      onchange: () =>
        isUnit
          ? this.change("unit", control.path.slice(0, -1), select.value, true)
          : this.change("set", control.path, select.value, true),
    });
    return {
      elements: [select],
      fixed: isUnit,
      take(now) {
        options(select, [["", now.choices.map((each) => [each])]], now.value);
      },
    };
  }

  // A text, and beside it a slider where it has a range.
  typed(control, id, key, described, change) {
    let span = control.span;
    const text = element("input", {
      type: "text",
      id,
      "data-key": key,
      "aria-describedby": described,
      spellcheck: "false",
      autocomplete: "off",
      onchange: () => text.value.trim() && change(text.value, true),
    });
    const slider = span
      ? element("input", {
          type: "range",
          "data-key": `${key}r`,
          "aria-label": control.name,
          "aria-describedby": described,
        })
      : null;
    const moved = (done) => {
      text.value = TEXTS[span.scale](Number(slider.value), span);
      slider.setAttribute("aria-valuetext", text.value);
      change(text.value, done);
    };
    slider?.addEventListener("input", () => moved(false));
    slider?.addEventListener("change", () => moved(true));
    return {
      elements: slider ? [slider, text] : [text],
      take(now) {
        if (document.activeElement !== text) text.value = now.value;
        if (!slider || document.activeElement === slider) return;
        span = now.span;
        slider.min = span.low;
        slider.max = span.high;
        slider.step = STEPS[span.scale] ?? Number(((span.high - span.low) / 1000).toPrecision(1));
        slider.value = now.position ?? span.low;
        slider.classList.toggle("unset", now.position === null);
        slider.setAttribute("aria-valuetext", now.value || "not given");
      },
    };
  }

  // Its items are sent as a whole: one that is not given has its default's.
  list(control) {
    const texts = control.items.map((each) => each.value);
    const send = (done) => this.change("set", control.path, `[${texts.join(", ")}]`, done);
    const rows = control.items.map((item, index) => {
      const id = this.id();
      const key = JSON.stringify(item.path);
      const problem = element("p", {class: "problem", id: `${id}p`, hidden: true});
      const parts = this.typed(item, id, key, problem.id, (text, done) => {
        texts[index] = text;
        send(done);
      });
      this.rows.set(key, {
        take(now) {
          texts[index] = now.value;
          parts.take(now);
        },
        blame(message) {
          problem.textContent = message;
          problem.hidden = !message;
        },
      });
      const remove = element("button", {
        type: "button",
        text: "−",
        "aria-label": `Remove ${item.name}`,
        "data-key": `x${key}`,
        onclick: () => {
          texts.splice(index, 1);
          send(true);
        },
      });
      const label = element("label", {for: id, class: "item", text: item.name});
      return element(
        "div",
        {class: "row"},
        ...[label, ...parts.elements, control.fixed ? null : remove, problem].filter(Boolean),
      );
    });
    const add = element("button", {
      type: "button",
      text: "+",
      "aria-label": `Add to ${control.name}`,
      "data-key": `a${JSON.stringify(control.path)}`,
      onclick: () => {
        texts.push(texts.at(-1) ?? "50%");
        send(true);
      },
    });
    const all = control.fixed ? rows : [...rows, add];
    return {elements: [element("div", {class: "items"}, ...all)], take() {}};
  }
}

// Fills a select with groups of [name, what it is]; a value that is none of them is one more.
function options(select, groups, value) {
  const shape = JSON.stringify([groups, value]);
  if (select.dataset.shape === shape) return;
  select.dataset.shape = shape;
  select.replaceChildren();
  const known = groups.some(([, names]) => names.some(([name]) => name === value));
  if (!known) select.append(element("option", {value, text: value || "not given"}));
  for (const [title, names] of groups) {
    const into = title ? element("optgroup", {label: title}) : select;
    for (const [name, what] of names)
      into.append(element("option", {value: name, text: name, title: what}));
    if (title) select.append(into);
  }
  select.value = value;
}
