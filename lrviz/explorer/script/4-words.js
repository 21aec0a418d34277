// The key steps, findings and code beside the figure: all of it as text.

function tableOf(grid, select) {
  const kind = (at) => (grid.text.includes(at) ? "words" : null);
  const heads = grid.header.map((name, at) =>
    element("th", {scope: "col", class: kind(at), text: name}),
  );
  const rows = grid.rows.map((row, number) => {
    const cells = row.map((cell, at) => {
      const isHead = !at && Boolean(cell); // an empty one would head nothing
      const made = element(isHead ? "th" : "td", {scope: isHead ? "row" : null, class: kind(at)});
      const update = (cell ?? "").replaceAll(",", "");
      if (!at && grid.header[0] === "step" && /^\d+$/.test(update))
        made.append(
          element("button", {type: "button", text: cell, onclick: () => select(Number(update))}),
        );
      else made.textContent = cell ?? "–";
      return made;
    });
    return element("tr", {class: grid.faint.includes(number) ? "faint" : null}, ...cells);
  });
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows),
  );
  return [table, ...grid.notes.map((note) => element("p", {class: "note", text: note}))];
}

function foundOf(found, notes, select) {
  const items = found.map((each) => {
    const name = `${each.severity} ${each.code} ${each.name}`;
    const head =
      each.update === null
        ? element("b", {class: each.severity, text: name})
        : element("button", {
            type: "button",
            class: each.severity,
            text: name,
            onclick: () => select(each.update),
          });
    const rest = ` [${each.label}] ${each.message}; ${each.advice}`;
    return element("li", {}, head, rest);
  });
  for (const [label, text] of notes) items.push(element("li", {text: `[${label}] ${text}`}));
  return items.length
    ? element("ul", {}, ...items)
    : element("p", {class: "note", text: "Nothing."});
}

function codeOf(code, copy) {
  return code.map(([label, text]) => {
    const button = element("button", {
      type: "button",
      class: "copy",
      text: "Copy code",
      "aria-label": `Copy code of ${label}`,
      onclick: () => copy(text),
    });
    const pre = element("pre", {tabindex: "0", "aria-label": `PyTorch code of ${label}`, text});
    const title = code.length > 1 ? element("h3", {text: label}) : null;
    return element("div", {class: "block"}, title, button, pre);
  });
}
