// Where names of curves stand: at their ends where these are apart, else each along its curve where
// the others are far away, above it or below, level or as the curve goes; on no curve and no text.

const NAME_FONT = "13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const NAME_HEIGHT = 15;
const STROKE = 16; // pixels of the line from a curve's end to its name
const MOST_OF_WIDTH = 0.3; // that names at the ends may take
const DISTINCT = 0.3; // of a line: how far a name may be moved from its curve's end
const NEARLY = 1.1; // likewise, where there is no better place
const TOGETHER = 0.98; // of the axis: curves that reach so far end together
const MOST_NAMES = 24; // of more curves none is named: they are in everybody's way
const LONGEST = 0.45; // of a panel's width

// The names of a scene's first panel, each where it stands: [{of, text, colour, x, y, slope, box}].
// `anchors` is where they were, and becomes where they are. While a part of the axis is seen a
// name stays on its curve's update as long as it can, and while that part moves no other place is
// looked for, lest names jump at each turn of the wheel.
function names(scene, ground, measure, anchors) {
  const wanted = named(scene.panels[0], ground.right - ground.left, measure);
  if (scene.margin) {
    const found = atEnds(scene, wanted, NEARLY);
    if (found) return found;
  }
  if (scene.whole && !anchors.whole) anchors.clear();
  const { taken } = ground;
  let found = placed(wanted, scene, ground, anchors);
  const left = found.filter((each) => !each.place).map(({ name }) => name);
  if (left.length && !scene.moving) { // perhaps there is room for those that come first
    const boxes = ground.taken;
    ground.taken = taken;
    const first = placed(left, scene, ground, anchors);
    const others = wanted.filter((each) => !left.includes(each));
    const again = first.some(({ place }) => place) ? [...first, ...placed(others, scene, ground, anchors)] : [];
    if (again.filter(({ place }) => place).length > others.length) found = again;
    else ground.taken = boxes;
  }
  if (!scene.moving) anchors.clear();
  anchors.whole = scene.whole;
  return found.flatMap(({ name, place }) => {
    if (!place) return [];
    const update = scene.place(place.x) / name.curve.factor;
    if (place.side) anchors.set(name.key, { update, side: place.side });
    return [{ ...place, of: name.of, text: name.text, colour: name.colour, align: "center" }];
  });
}

// Names in turn, each with its place, which is taken, or null.
function placed(wanted, scene, ground, anchors) {
  return wanted.map((name) => {
    const { key, curve, index, size } = name;
    const { update, side } = anchors.get(key) ?? {};
    const x = scene.x(update * curve.factor);
    const before = x > ground.left && x < ground.right ? { x, side } : null;
    const stays = before && !scene.whole && ground.along(index, size, { ...before, only: true });
    const place = stays || (scene.moving ? null : ground.along(index, size, before) ?? ground.led(index, size));
    if (place) ground.take(place);
    return { name, place };
  });
}

// The curves of a panel that are named: none where it has but one, which the title names.
function named(panel, width, measure) {
  if (panel.lines.length < 2 || panel.curves.length > MOST_NAMES) return [];
  return panel.curves.flatMap((curve, index) => {
    const { line, look } = curve;
    if (!look.named) return [];
    const text = shortened(line.label, LONGEST * width, measure);
    const size = [measure(text) + 4, NAME_HEIGHT];
    const of = line.label;
    return [{ curve, index, of, text, size, colour: look.text, key: `${line.trace}/${line.group}` }];
  });
}

// A text that fits: its middle left out where it must be.
function shortened(text, room, measure) {
  if (measure(text) <= room) return text;
  const letters = [...text];
  let kept = letters.length - 1;
  const cut = () => letters.slice(0, Math.ceil(kept / 2)).join("") + "…" + letters.slice(letters.length - Math.floor(kept / 2)).join("");
  while (kept > 2 && measure(cut()) > room) kept--;
  return cut();
}

// The width that names at the ends of the curves take; 0 where they are not there: of all that
// there is, whatever part of it is seen.
function margin(scene, measure, along) {
  const panel = scene.panels[0];
  const width = scene.right - scene.left;
  const wanted = named(panel, width, measure);
  const needed = STROKE + 8 + Math.max(0, ...wanted.map(({ size }) => size[0]));
  if (!wanted.length || needed > MOST_OF_WIDTH * width) return 0;
  if (atEnds(scene, wanted, DISTINCT)) return needed;
  if (along() || !atEnds(scene, wanted, NEARLY)) return 0;
  return needed;
}

// Names to the right of where their curves end; null where they would be too far from them.
function atEnds(scene, wanted, moved) {
  const panel = scene.panels[0];
  const { left, right } = scene;
  const ends = [];
  for (const each of wanted) {
    const { series, factor } = each.curve;
    const place = Math.min(scene.high, series.end * factor);
    if (scene.x(place) < left + TOGETHER * (right - left)) return null;
    const value = series.values[series.row(Math.ceil(place / factor) - 1)];
    const y = panel.y(value);
    if (!(y >= panel.top - 1 && y <= panel.top + panel.height + 1)) return null;
    ends.push({ ...each, end: [scene.x(place), y] });
  }
  ends.sort((one, other) => one.end[1] - other.end[1]);
  const half = NAME_HEIGHT / 2;
  const heights = spread(ends.map(({ end }) => end[1]), NAME_HEIGHT + 1, panel.top, panel.top + panel.height - half);
  if (ends.some(({ end }, at) => Math.abs(end[1] - heights[at]) > moved * NAME_HEIGHT)) return null;
  return ends.map(({ of, text, size, colour, end, curve }, at) => {
    const [x, y] = [right + STROKE + 4, heights[at]];
    const box = [x - STROKE, y - half, x + size[0], y + half];
    return { of, text, colour, x, y, slope: 0, box, align: "left", stroke: [end, [x - 4, y], curve.look] };
  });
}

// The places nearest to `targets`, which ascend, that are so far apart and within an axis.
function spread(targets, distance, low, high) {
  const blocks = []; // mean of targets without the distances, and how many
  targets.forEach((target, index) => {
    let block = [target - index * distance, 1];
    while (blocks.length && blocks[blocks.length - 1][0] > block[0]) {
      const [mean, size] = blocks.pop();
      block = [(mean * size + block[0] * block[1]) / (size + block[1]), size + block[1]];
    }
    blocks.push(block);
  });
  const flat = blocks.flatMap(([mean, size]) => Array(size).fill(mean));
  const highest = high - (flat.length - 1) * distance;
  return flat.map((each, index) => Math.max(low, Math.min(each, highest)) + index * distance);
}

// What the bands of a scene's first panel hold, each where it is written: in its band, or near it.
function ofBands(scene, ground, measure) {
  return scene.panels[0].curves.flatMap(({ line, bands, factor, look }, index) =>
    bands.flatMap(({ start, end, text }) => {
      const size = [measure(text) + 4, NAME_HEIGHT];
      const within = ground.within(index, scene.x(start * factor), scene.x(end * factor), size);
      const place = within ?? (scene.moving ? null : ground.led(index, size));
      if (!place) return [];
      ground.take(place);
      const colour = within ? look.told : look.text;
      return [{ ...place, of: line.label, text, colour, align: "center", bare: Boolean(within) }];
    }),
  );
}
