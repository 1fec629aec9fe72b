// The face as it is drawn: morphed and turned here, with normals of the surface that came out.

import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Mesh, PerspectiveCamera, Scene, ShaderMaterial, WebGLRenderer } from "three";
import { fragmentShader, vertexShader } from "./shader.js";

const DEGREE = Math.PI / 180;
const MOST_TURNED = 80;
const MOST_AROUND = 80 * DEGREE;
const MOST_ABOVE = 35 * DEGREE;
const AWAY = 95; // centimetres from the camera to the turning point, what it sees there, and the middle of that
const SEEN = 31.5;
const MIDDLE = 1;
const PALE = [0.62, 0.63, 0.65]; // where a part of the face was hidden
const SEAM = 1.6; // centimetres over which a hidden half goes over into the other

// null where the browser has no WebGL 2; else the context, and whether the processor draws in place of a graphics card.
export function context(canvas) {
  try {
    const slow = isSlow();
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: !slow, premultipliedAlpha: true });
    return gl && { gl, slow };
  } catch {
    return null;
  }
}

function isSlow() {
  const probe = document.createElement("canvas").getContext("webgl2");
  const told = probe?.getExtension("WEBGL_debug_renderer_info");
  const name = told ? probe.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
  probe?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}

export class Head {
  constructor(canvas, { gl, slow }, face) {
    this.face = face;
    this.slow = slow;
    this.renderer = new WebGLRenderer({ canvas, context: gl, alpha: true });
    this.scene = new Scene();
    this.camera = new PerspectiveCamera(20, 1, 10, 200);
    this.surface = surface(face);
    this.nose = nose(face.positions);
    const mesh = new Mesh(this.surface, materials(face, this.surface));
    mesh.frustumCulled = false;
    this.scene.add(mesh);
    this.reset();
    this.pale = "";
    this.shape({}, { yaw: 0, pitch: 0, roll: 0 });
  }

  // The face at rest, moved by each target's weight, and turned by degrees as in records: to the right of the picture,
  // up, clockwise in the picture.
  shape(weights, turn) {
    const { positions, targets, index, turning } = this.face;
    const { position, normal } = this.surface.attributes;
    position.array.set(positions);
    for (const [name, weight] of Object.entries(weights)) {
      if (targets.has(name)) move(position.array, targets.get(name), weight);
    }
    rotate(position.array, turning, rotation(turn));
    normals(position.array, index, normal.array);
    position.needsUpdate = normal.needsUpdate = true;
  }

  // Hidden parts of the face are pale.
  hide(upper, lower) {
    const wanted = `${upper}${lower}`;
    if (this.pale === wanted) return;
    this.pale = wanted;
    const { colours, positions } = this.face;
    const { tint } = this.surface.attributes;
    const [, middle, front] = this.nose;
    for (let at = 0; at < positions.length; at += 3) {
      const above = smooth((positions[at + 1] - middle) / SEAM);
      const ahead = smooth((positions[at + 2] - front + 6) / SEAM);
      const share = 0.85 * ahead * ((upper ? above : 0) + (lower ? 1 - above : 0));
      for (let part = 0; part < 3; part++) tint.array[at + part] = colours[at + part] + (PALE[part] - colours[at + part]) * share;
    }
    tint.needsUpdate = true;
  }

  orbit(around, above) {
    this.around = Math.min(Math.max(this.around + around, -MOST_AROUND), MOST_AROUND);
    this.above = Math.min(Math.max(this.above + above, -MOST_ABOVE), MOST_ABOVE);
  }

  reset() {
    this.around = this.above = 0;
  }

  // Without a graphics card pictures that move are drawn coarsely, and one that stands finely.
  get coarse() {
    return this.slow ? 1 : Math.min(devicePixelRatio || 1, 2);
  }

  get fine() {
    return this.slow ? 2 : this.coarse;
  }

  resize(width, height) {
    this.renderer.setPixelRatio(this.coarse);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    const tall = SEEN * Math.max(1, 0.9 / this.camera.aspect);
    this.camera.fov = (2 * Math.atan(tall / 2 / AWAY)) / DEGREE;
    this.camera.updateProjectionMatrix();
  }

  draw(finely) {
    const ratio = finely ? this.fine : this.coarse;
    if (this.renderer.getPixelRatio() !== ratio) this.renderer.setPixelRatio(ratio);
    const flat = Math.cos(this.above) * AWAY;
    this.camera.position.set(Math.sin(this.around) * flat, MIDDLE + Math.sin(this.above) * AWAY, Math.cos(this.around) * flat);
    this.camera.lookAt(0, MIDDLE, 0);
    this.renderer.render(this.scene, this.camera);
  }

  stop() {
    this.surface.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

const smooth = (value) => {
  const share = Math.min(Math.max(value * 0.5 + 0.5, 0), 1);
  return share * share * (3 - 2 * share);
};

function surface(face) {
  const made = new BufferGeometry();
  const changing = (array) => new BufferAttribute(array, 3).setUsage(DynamicDrawUsage);
  made.setAttribute("position", changing(Float32Array.from(face.positions)));
  made.setAttribute("normal", changing(new Float32Array(face.positions.length)));
  made.setAttribute("tint", changing(Float32Array.from(face.colours)));
  made.setIndex(new BufferAttribute(face.index, 1));
  return made;
}

function materials(face, geometry) {
  return Object.entries(face.groups).map(([name, [first, count]], number) => {
    geometry.addGroup(3 * first, 3 * count, number);
    const behind = name === "skin" ? {} : { polygonOffset: true, polygonOffsetFactor: 0, polygonOffsetUnits: 8 };
    return new ShaderMaterial({ vertexShader, fragmentShader, uniforms: { wet: { value: name === "eyes" ? 1 : 0 } }, ...behind });
  });
}

// The tip: what is farthest ahead.
function nose(positions) {
  let tip = 0;
  for (let at = 0; at < positions.length; at += 3) if (positions[at + 2] > positions[tip + 2]) tip = at;
  return positions.slice(tip, tip + 3);
}

function move(positions, { indices, deltas }, weight) {
  for (let at = 0; at < indices.length; at++) {
    const to = 3 * indices[at];
    positions[to] += weight * deltas[3 * at];
    positions[to + 1] += weight * deltas[3 * at + 1];
    positions[to + 2] += weight * deltas[3 * at + 2];
  }
}

// Where the head's own left, up and ahead point: columns of a matrix, by rows. As `rotation` of the painter.
function rotation(turn) {
  const [yaw, pitch, roll] = ["yaw", "pitch", "roll"].map((name) => Math.min(Math.max(turn[name], -MOST_TURNED), MOST_TURNED) * DEGREE);
  const ahead = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
  const left = [Math.cos(roll), -Math.sin(roll), 0];
  left[2] = -(left[0] * ahead[0] + left[1] * ahead[1]) / ahead[2];
  const length = Math.hypot(...left);
  const [lx, ly, lz] = left.map((value) => value / length);
  const [ax, ay, az] = ahead;
  const [ux, uy, uz] = [ay * lz - az * ly, az * lx - ax * lz, ax * ly - ay * lx];
  return [lx, ux, ax, ly, uy, ay, lz, uz, az];
}

function rotate(positions, turning, m) {
  for (let at = 0, one = 0; at < positions.length; at += 3, one++) {
    const share = turning[one];
    if (!share) continue;
    const [x, y, z] = [positions[at], positions[at + 1], positions[at + 2]];
    positions[at] = x + share * (m[0] * x + m[1] * y + m[2] * z - x);
    positions[at + 1] = y + share * (m[3] * x + m[4] * y + m[5] * z - y);
    positions[at + 2] = z + share * (m[6] * x + m[7] * y + m[8] * z - z);
  }
}

function normals(positions, index, found) {
  found.fill(0);
  for (let at = 0; at < index.length; at += 3) {
    const a = 3 * index[at];
    const b = 3 * index[at + 1];
    const c = 3 * index[at + 2];
    const ux = positions[b] - positions[a];
    const uy = positions[b + 1] - positions[a + 1];
    const uz = positions[b + 2] - positions[a + 2];
    const vx = positions[c] - positions[a];
    const vy = positions[c + 1] - positions[a + 1];
    const vz = positions[c + 2] - positions[a + 2];
    const x = uy * vz - uz * vy;
    const y = uz * vx - ux * vz;
    const z = ux * vy - uy * vx;
    for (const corner of [a, b, c]) {
      found[corner] += x;
      found[corner + 1] += y;
      found[corner + 2] += z;
    }
  }
}
