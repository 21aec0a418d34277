// Doubles out of the page's text (see packing.py), or out of a message's bytes, every bit as it was.

const BYTES = 8; // of a double
const ORDER = 3; // differences of differences
const PACKED = 1 << 16; // values that are packed together

async function unpacked(text) {
  const packed = Uint8Array.fromBase64
    ? Uint8Array.fromBase64(text.trim())
    : Uint8Array.from(atob(text.trim()), (each) => each.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return summed(new Uint8Array(await new Response(stream).arrayBuffer()));
}

// Sums up third differences of 64-bit integers, as pairs of 32 bits: BigInt is ten times slower.
function summed(data) {
  const count = data.length / BYTES;
  const out = new Uint32Array(2 * count);
  const sums = [new Uint32Array(ORDER), new Uint32Array(ORDER)];
  for (let start = 0; start < count; start += PACKED) {
    const size = Math.min(PACKED, count - start);
    const planes = data.subarray(BYTES * start, BYTES * (start + size));
    addUp(planes, size, sums, out.subarray(2 * start));
  }
  return new Float64Array(out.buffer);
}

function addUp(planes, count, [low, high], out) {
  const plane = (index) => planes.subarray(index * count, (index + 1) * count);
  const [b0, b1, b2, b3, b4, b5, b6, b7] = Array.from({ length: BYTES }, (_, index) => plane(index));
  for (let at = 0; at < count; at++) {
    const l = b0[at] | (b1[at] << 8) | (b2[at] << 16) | (b3[at] << 24);
    const h = b4[at] | (b5[at] << 8) | (b6[at] << 16) | (b7[at] << 24);
    const sign = -(l & 1);
    let lo = (((l >>> 1) | (h << 31)) ^ sign) >>> 0;
    let hi = ((h >>> 1) ^ sign) >>> 0;
    for (let order = 0; order < ORDER; order++) {
      const sum = (low[order] + lo) >>> 0;
      hi = (high[order] + hi + (sum < lo ? 1 : 0)) >>> 0;
      lo = sum;
      low[order] = lo;
      high[order] = hi;
    }
    out[2 * at] = lo;
    out[2 * at + 1] = hi;
  }
}

function fromMessage(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const meta = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const arrays = meta.sizes.map((size) => {
    const found = new Float64Array(buffer, at, size);
    at += BYTES * size;
    return found;
  });
  return { ...meta, arrays };
}
