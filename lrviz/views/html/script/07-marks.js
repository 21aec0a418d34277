// What is written at marks: near each, on no curve and on no other text.

const MARK_HEIGHT = 14;
const AWAY = 18; // pixels between two of them side by side
const FAR_LEADERS = [...LEADERS, 90, 120, 160, 220]; // of a finding, which is said at any price

// What is written at some marks of a scene, which are seen, and where. Of marks of a kind on one
// curve either all are written at, or what they have together is written once.
function ofMarks(marks, ground, measure, colours) {
  const kinds = new Map();
  for (const mark of marks) {
    const key = mark.kind ? `${mark.trace}/${mark.group}/${mark.kind}` : mark;
    kinds.set(key, [...(kinds.get(key) ?? []), mark]);
  }
  return [...kinds.values()].flatMap((alike) => {
    const put = (mark, texts) => atMark(mark, texts, ground, measure, colours);
    if (alike.length === 1) return put(alike[0], alike[0].texts);
    for (const form of [0, 1]) { // with the value, and with the place alone
      const { taken } = ground;
      const found = alike.map((mark) => put(mark, mark.texts.slice(form, form + 1)));
      if (found.every((each) => each.length)) return found.flat();
      ground.taken = taken;
    }
    for (const mark of alike) {
      const found = put(mark, mark.together);
      if (found.length) return found;
    }
    return [];
  });
}

// The first of some texts that there is room for, as a list of it; or of none.
function atMark(mark, texts, ground, measure, colours) {
  for (const text of texts) {
    const size = [measure(text) + 4, MARK_HEIGHT];
    const near = beside(mark, size);
    const place = inside(near.find((box) => ground.isClear(box))) ?? led(mark, size, ground) ??
      (mark.given ? inside(near.find((box) => ground.isFree(box))) : null);
    if (!place) continue;
    const [left, top, right, bottom] = place.box;
    ground.take({ ...place, box: [left - AWAY, top - 2, right + AWAY, bottom + 2] });
    const colour = mark.given ? colours.accent : colours.text;
    return [{ ...place, of: mark.line.label, given: mark.given, small: true, text, colour, slope: 0, align: "center" }];
  }
  return [];
}

function led({ px, py, given, line }, size, ground) {
  const own = ground.curves.findIndex((each) => each.line === line);
  const near = LEADERS.map((length) => [own, length]);
  for (const [curve, length] of given ? [...near, ...FAR_LEADERS.map((each) => [null, each])] : near) {
    const place = ground.around(curve, [px, py], length, size);
    if (place) return place;
  }
  return null;
}

function inside(box) {
  return box && { box, x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 };
}

// Boxes above, below and beside a mark.
function beside({ px, py }, [width, height]) {
  const lefts = [6, -width / 2, -width - 6];
  return [-14, 14, 0].flatMap((dy) =>
    (dy ? lefts : [7, -width - 7]).map((dx) => [px + dx, py + dy - height / 2, px + dx + width, py + dy + height / 2]),
  );
}
