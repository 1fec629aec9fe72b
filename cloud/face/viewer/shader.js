// Soft light on skin: the same as in `cloud/face/painter.py`, so that film and page show one face.

export const vertexShader = `
attribute vec3 tint;
varying vec3 vNormal;
varying vec3 vTint;
varying vec3 vAt;
void main() {
  vNormal = normal;
  vTint = tint;
  vAt = position;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

export const fragmentShader = `
uniform float wet;
varying vec3 vNormal;
varying vec3 vTint;
varying vec3 vAt;
const vec3 WRAP = vec3(0.20, 0.12, 0.10);
vec3 from(vec3 n, vec3 towards, float strength) {
  return strength * max((vec3(dot(n, normalize(towards))) + WRAP) / (1.0 + WRAP), 0.0);
}
void main() {
  vec3 n = normalize(vNormal);
  vec3 seen = normalize(cameraPosition - vAt);
  vec3 key = vec3(-0.42, 0.55, 0.72);
  vec3 light = vec3(0.2 + 0.14 * (n.y * 0.5 + 0.5));
  light += from(n, key, 0.78) + from(n, vec3(0.75, 0.05, 0.66), 0.2) + from(n, vec3(0.55, 0.45, -0.7), 0.22);
  float half_ = max(dot(n, normalize(normalize(key) + seen)), 0.0);
  float edge = pow(1.0 - max(dot(n, seen), 0.0), 3.0);
  vec3 shown = vTint * light + (1.0 - wet) * (0.045 * pow(half_, 18.0) + 0.05 * edge);
  shown = shown / (1.0 + 0.16 * shown);
  shown = pow(clamp(shown, 0.0, 1.0), vec3(1.0 / 2.2));
  shown += (1.0 - shown) * wet * 0.85 * pow(half_, 160.0);
  gl_FragColor = vec4(shown, 1.0);
}`;
