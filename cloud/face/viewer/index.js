// A session on the digital face.
//
//   const viewer = await affectboxFace.mount(place, { track, face, root, compact })
//       place: an element; track: what `cloud/face/packed.py` tells, parsed; face: the bytes of face.glb, null for none;
//       root: where `page.js` looks for figures and moments that are to follow; compact: no diagram but what led
//   viewer.seek(s)  viewer.peek(s or null)  viewer.play()  viewer.pause()  viewer.time  viewer.playing  viewer.stop()
//   viewer.onseek = (s, playing) => …     also the event `affectbox-seek` of `place`, whose detail is {s, playing}

import { readFace } from "./glb.js";
import { Player } from "./player.js";
import { unpack } from "./track.js";

export async function mount(place, { track, face = null, ...options }) {
  return new Player(place, await unpack(track), face && readFace(face), options);
}

// What a page holds in elements of its own (`cloud/face/embed.py`): the track as JSON, and face.glb, gzipped, base64.
export async function mountEmbedded(place, track, face) {
  const packed = Uint8Array.from(atob(face.textContent.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  return mount(place, { track: JSON.parse(track.textContent), face: bytes, root: document });
}
