// Reads the face: one primitive with vertex colours, and a sparse target for each action unit and side, as
// `affectbox-training face` bakes it.

const ARRAYS = { 5120: Int8Array, 5121: Uint8Array, 5122: Int16Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const LARGEST = { 5120: 127, 5121: 255, 5122: 32767, 5123: 65535 };
const PARTS = { SCALAR: 1, VEC3: 3, VEC4: 4, MAT4: 16 };
const JSON_CHUNK = 0x4e4f534a;

// Positions and targets are centimetres about the point that the head turns on: x to the right of the picture, y up.
export function readFace(buffer) {
  const { document, binary } = chunks(buffer);
  const read = reader(document, binary);
  const mesh = document.meshes[0];
  const { attributes, indices, targets: told = [] } = mesh.primitives[0];
  const unit = read.dense(document.skins[0].inverseBindMatrices, 16)[0];
  const names = mesh.extras.targetNames;
  const targets = new Map(
    told.map((target, number) => {
      const { indices: moved, values } = read.sparse(target.POSITION);
      return [names[number], { indices: moved, deltas: values.map((value) => value * unit) }];
    }),
  );
  return {
    positions: read.dense(attributes.POSITION, 3).map((value) => value * unit),
    colours: read.dense(attributes.COLOR_0, 3), // of linear light
    turning: read.dense(attributes.WEIGHTS_0, 1), // how far each vertex goes with the head: shoulders stay
    index: read.index(indices),
    targets,
    groups: mesh.extras.triangles,
  };
}

function chunks(buffer) {
  const view = new DataView(buffer);
  let document = null;
  let binary = null;
  for (let at = 12; at < view.getUint32(8, true); ) {
    const length = view.getUint32(at, true);
    const bytes = new Uint8Array(buffer, at + 8, length);
    if (view.getUint32(at + 4, true) === JSON_CHUNK) document = JSON.parse(new TextDecoder().decode(bytes));
    else binary = bytes;
    at += 8 + length;
  }
  return { document, binary };
}

function reader(document, binary) {
  // Numbers of an accessor's view as floats, tightly packed, `wanted` of each vertex.
  function floats({ bufferView, byteOffset = 0, componentType, normalized }, type, count, wanted) {
    const view = document.bufferViews[bufferView];
    const Kind = ARRAYS[componentType];
    const parts = PARTS[type];
    const stride = view.byteStride || parts * Kind.BYTES_PER_ELEMENT;
    const begin = binary.byteOffset + (view.byteOffset || 0) + byteOffset;
    const found = new Float32Array(count * wanted);
    const whole = normalized ? LARGEST[componentType] : 1;
    for (let one = 0; one < count; one++) {
      const row = new Kind(binary.buffer, begin + one * stride, parts);
      for (let part = 0; part < wanted; part++) found[one * wanted + part] = Math.max(row[part] / whole, normalized ? -1 : -Infinity);
    }
    return found;
  }

  return {
    dense(number, wanted) {
      const accessor = document.accessors[number];
      return floats(accessor, accessor.type, accessor.count, wanted);
    },
    index(number) {
      const accessor = document.accessors[number];
      const view = document.bufferViews[accessor.bufferView];
      const begin = binary.byteOffset + (view.byteOffset || 0) + (accessor.byteOffset || 0);
      return Uint32Array.from(new ARRAYS[accessor.componentType](binary.buffer, begin, accessor.count));
    },
    sparse(number) {
      const accessor = document.accessors[number];
      const { count, indices, values } = accessor.sparse;
      const view = document.bufferViews[indices.bufferView];
      const begin = binary.byteOffset + (view.byteOffset || 0) + (indices.byteOffset || 0);
      const { componentType, normalized } = accessor;
      return {
        indices: Uint32Array.from(new ARRAYS[indices.componentType](binary.buffer, begin, count)),
        values: floats({ ...values, componentType, normalized }, accessor.type, count, 3),
      };
    },
  };
}
