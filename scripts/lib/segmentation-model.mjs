/* segmentation-model.mjs FROM TO: the npm package has the model that finds people as TensorFlow Lite wrote it, without the metadata
 * from which ImageSegmenter learns what the model's input is like: colours from 0 to 1. This copies it with them.
 *
 * A .tflite file is a FlatBuffer. Everything in it refers to what stands behind it, by distance, so the old file may stay as
 * it is behind a new head: a root table that refers into it, with one buffer and one entry of metadata more.
 * https://github.com/google/flatbuffers/blob/master/docs/source/internals.md, tensorflow/lite/schema/schema.fbs and
 * tflite-support's metadata_schema.fbs */
import fs from 'node:fs';

const ROOM = 64 * 1024;

/** A table is {slot: value}; numbers stand in it, everything else is referred to. {old: place} is there already, in `rest`. */
class FlatBuffer {
  bytes = Buffer.alloc(ROOM);
  end = 8; // where the root is, and the kind of file
  old = [];

  static make(kind, root, rest = Buffer.alloc(0)) {
    const made = new FlatBuffer();
    made.bytes.write(kind, 4, 'latin1');
    made.refer(0, root);
    const start = made.take(0, 16); // the strictest alignment in use
    for (const [at, place] of made.old) made.bytes.writeUInt32LE(start + place - at, at);
    return Buffer.concat([made.bytes.subarray(0, start), rest]);
  }

  take(size, alignment = 4) {
    const at = Math.ceil(this.end / alignment) * alignment;
    this.end = at + size;
    return at;
  }

  refer(at, value) {
    if ('old' in value) this.old.push([at, value.old]);
    else this.bytes.writeUInt32LE(this.put(value) - at, at);
  }

  put(value) {
    if (Buffer.isBuffer(value)) {
      const at = this.take(16 + value.length + 1, 16) + 12; // a length, then aligned bytes, then the 0 that ends a text
      this.bytes.writeUInt32LE(value.length, at);
      value.copy(this.bytes, at + 4);
      return at;
    }
    return Array.isArray(value)
      ? this.vector(value)
      : this.table(Object.entries(value).map(([slot, one]) => [Number(slot), one]));
  }

  vector(values) {
    const at = this.take(4 + 4 * values.length);
    this.bytes.writeUInt32LE(values.length, at);
    values.forEach((value, i) => {
      const place = at + 4 + 4 * i;
      if (typeof value === 'number') this.bytes.writeFloatLE(value, place);
      else this.refer(place, value);
    });
    return at;
  }

  table(fields) {
    const slots = Math.max(...fields.map(([slot]) => slot)) + 1;
    const layout = this.take(4 + 2 * slots);
    const at = this.take(4 + 4 * slots);
    this.bytes.writeUInt16LE(4 + 2 * slots, layout);
    this.bytes.writeUInt16LE(4 + 4 * slots, layout + 2);
    this.bytes.writeInt32LE(at - layout, at);
    for (const [slot, value] of fields) {
      const place = 4 + 4 * slot;
      this.bytes.writeUInt16LE(place, layout + 4 + 2 * slot);
      if (typeof value === 'number') this.bytes.writeUInt32LE(value, at + place);
      else this.refer(at + place, value);
    }
    return at;
  }
}

/** Where the fields of a file's root table are. */
function rootOf(file) {
  const root = file.readUInt32LE(0);
  const layout = root - file.readInt32LE(root);
  return (slot) => root + file.readUInt16LE(layout + 4 + 2 * slot);
}

function describe(model) {
  const field = rootOf(model);
  const target = (at) => at + model.readUInt32LE(at);
  const VERSION = 0;
  const OPERATORS = 1;
  const GRAPHS = 2;
  const BUFFERS = 4;
  const METADATA = 6;
  const list = target(field(BUFFERS));
  const buffers = Array.from({ length: model.readUInt32LE(list) }, (_, i) => ({ old: target(list + 4 + 4 * i) }));
  const normalization = { 0: 1, 1: { 0: [0], 1: [255] } }; // (colour - 0) / 255
  const graph = { 2: [{ 4: [normalization] }], 3: [{ 0: Buffer.from('mask') }] }; // inputs, outputs
  const metadata = FlatBuffer.make('M001', { 3: [graph] });
  return FlatBuffer.make(
    'TFL3',
    {
      [VERSION]: model.readUInt32LE(field(VERSION)),
      [OPERATORS]: { old: target(field(OPERATORS)) },
      [GRAPHS]: { old: target(field(GRAPHS)) },
      [BUFFERS]: [...buffers, { 0: metadata }],
      [METADATA]: [{ 0: Buffer.from('TFLITE_METADATA'), 1: buffers.length }],
    },
    model,
  );
}

const [, , from, to] = process.argv;
fs.writeFileSync(to, describe(fs.readFileSync(from)));
