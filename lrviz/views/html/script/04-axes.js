// Axes: how far they reach, where their ticks are, and how numbers are written.

const LOG_ENDS = [1e-200, 1e200];
const GREATEST = 1e290;
const formats = []; // see `grouped`
const UNIT_NAMES = { step: "update", epoch: "epoch", progress: "progress", tokens: "tokens" };

// How far a y axis reaches: a little beyond the values that are seen. A linear one shows zero where
// `fromZero` asks for it; a logarithmic one starts at a power of ten where what lies below a thousandth
// of the greatest, for less than a twentieth of the updates, would take up more than a quarter of it.
function yAxis(ranges, positives, log, fromZero) {
  const seen = ranges.filter(([low]) => low < Infinity);
  let low = Math.min(...seen.map((each) => Math.max(each[0], -GREATEST)));
  let high = Math.max(...seen.map((each) => Math.min(each[1], GREATEST)));
  if (log && high >= LOG_ENDS[0]) return logAxis(positives(), high);
  if (!seen.length) [low, high] = [0, 0];
  if (fromZero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (Math.max(Math.abs(low), Math.abs(high)) < 1 / GREATEST) return { low: -0.05, high: 1 };
  let span = high - low;
  if (span <= 1e-13 * Math.max(Math.abs(low), Math.abs(high))) {
    span = Math.max(Math.abs(low), Math.abs(high)); // a constant
    return { low: low - 0.1 * span, high: high + 0.1 * span };
  }
  const beyond = low >= 0 || fromZero ? 0.025 : 0.08;
  return { low: low - beyond * span, high: high + 0.06 * span };
}

// From values to pixels: that of `from` is `start`, and one (of the natural logarithm, where it is
// logarithmic) is `by` pixels.
class Scale {
  constructor([low, high], [start, end], log = false) {
    this.log = log;
    this.floor = log ? low / 100 : -Infinity; // what is below has no place of its own
    const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
    this.from = from;
    this.start = start;
    this.by = (end - start) / (to - from);
  }

  at(value) {
    const place = this.log ? Math.log(Math.max(value, this.floor)) : value;
    return this.start + this.by * (place - this.from);
  }

  // The value at a pixel of a linear one.
  value(pixel) {
    return this.from + (pixel - this.start) / this.by;
  }
}

// An axis with a share of it, from 0 to less than 1, added above.
function withRoomAbove({ low, high, log }, share) {
  if (log) return { low, high: low * (high / low) ** (1 / (1 - share)), log };
  return { low, high: low + (high - low) / (1 - share) };
}

function logAxis(positives, greatest) {
  const least = Math.min(...positives.map((each) => each[0]));
  const high = Math.min(greatest, LOG_ENDS[1]);
  let low = Math.max(LOG_ENDS[0], Math.min(high * 1e-3, ...positives.map((each) => each[1])));
  const [whole, fall] = [high, low].map((each) => Math.log10(each / least));
  low = fall > 0.25 * whole ? 10 ** Math.floor(Math.log10(low) + 1e-9) : least;
  if (high < 1.02 * low) return { low: low / 3, high: high * 3, log: true };
  const beyond = (high / low) ** 0.04;
  return { low: least < low ? low : low / beyond, high: high * beyond, log: true };
}

// Ticks at a round distance, at most so many.
function evenTicks(low, high, most, whole) {
  const span = Math.max(high - low, 1e-15 * Math.max(Math.abs(low), Math.abs(high)), 1e-300);
  const power = 10 ** Math.floor(Math.log10(span / most));
  const steps = [1, 2, 2.5, 5, 10, 20, 25, 50].map((each) => each * power);
  const fitting = steps.filter((each) => !whole || (each >= 1 && Number.isInteger(each)));
  const step = fitting.find((each) => span / each <= most) ?? (whole ? 1 : 50 * power);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at++) {
    if (found.length > 100) break; // numbers beyond all doubles
    found.push(at * step + 0); // no -0
  }
  return { ticks: found, step };
}

function logTicks(low, high, most) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  if (high / low < 4) return evenTicks(low, high, most, false);
  const by = Math.ceil((last - first + 1) / most);
  const parts = last - first <= most / 3 ? [1, 2, 5] : [1];
  const found = [];
  for (let power = Math.ceil(first / by) * by; power <= last; power += by) {
    for (const part of parts) {
      const value = Number(`${part}e${power}`);
      if (value >= low && value <= high) found.push(value);
    }
  }
  return { ticks: found, step: 0 };
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// Writes tick labels of a y axis: all with a power of ten, or none.
function yWriter(low, high, step) {
  const top = Math.max(Math.abs(low), Math.abs(high));
  const small = (step ? top < 0.01 : low < 5e-4) || top >= 1e5;
  return (value) => {
    if (value === 0) return "0";
    const digits = step
      ? Math.max(1, Math.min(16, Math.round(Math.log10(Math.abs(value) / step)) + 3))
      : 6;
    const plain = Number(value.toPrecision(digits));
    if (!small && Math.abs(plain) >= 1e-7) return withMinus(String(plain));
    const [mantissa, exponent] = plain.toExponential().split("e");
    const power = "10" + [...String(Number(exponent))].map((each) => RAISED[each]).join("");
    const sign = mantissa.startsWith("-") ? "−" : "";
    const factor = mantissa.replace("-", "");
    return factor === "1" ? sign + power : `${sign}${factor}×${power}`;
  };
}

function withMinus(text) {
  return text.startsWith("-") ? "−" + text.slice(1) : text;
}

// Writes places on an x axis whose ticks are so far apart.
function xWriter(key, step) {
  const decimals = Math.max(0, Math.min(12, -Math.floor(Math.log10(step) + 1e-9) + (step % 1 ? 1 : 0)));
  const plain = (value) => grouped(value, decimals);
  if (key === "progress") return (value) => plain(value) + "%";
  return (value) => {
    for (const [size, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"]]) {
      if (Math.abs(value) >= size && (step / size) * 1000 >= 1) {
        return grouped(value / size, 3) + letter;
      }
    }
    return plain(value);
  };
}

// A number with so many decimals at the most, and commas between thousands. To make a format costs
// a hundred times as much as to use it.
function grouped(value, decimals) {
  formats[decimals] ??= new Intl.NumberFormat("en", { maximumFractionDigits: decimals });
  return formats[decimals].format(value);
}

function counted(number) {
  return grouped(number, 0);
}

// Every digit that it takes to read the same double back.
function exactly(value) {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? String(value) : String(value).replace("Infinity", "inf").replace("NaN", "nan");
}
