/** Contrast stretched picture by picture: what is dark in itself is not darker on the screen than it need be. */

const SAMPLE = 32; // px across, of which the grey values are counted
const TAILS = 0.02; // share of the pixels that may become black, and white
const MOST = 4; // times that contrast grows at most: noise is no face

/** { brightness, contrast }, as CSS filters have them in this order, that stretch a picture (image or bitmap). */
export function stretched(picture) {
  const canvas = new OffscreenCanvas(SAMPLE, SAMPLE);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, SAMPLE, SAMPLE);
  const { data } = context.getImageData(0, 0, SAMPLE, SAMPLE);
  const greys = [];
  for (let at = 0; at < data.length; at += 4) greys.push((data[at] + data[at + 1] + data[at + 2]) / 765);
  return filters(...limits(greys.sort((a, b) => a - b)));
}

/** The grey values, 0–1, that become black and white. */
function limits(greys) {
  const at = (share) => greys[Math.round(share * (greys.length - 1))];
  const [low, high] = [at(TAILS), at(1 - TAILS)];
  return high - low > 1 / MOST ? [low, high] : [Math.max(0, low - (1 / MOST - high + low) / 2), low + 1 / MOST];
}

/** brightness(b) and then contrast(c) is c·b·x + (1 − c) / 2, which is 0 at `low` and 1 at `high`. */
function filters(low, high) {
  const slope = 1 / Math.max(high - low, 1 / MOST);
  const contrast = 1 + 2 * low * slope;
  return { contrast, brightness: slope / contrast };
}

export const AS_IT_IS = Object.freeze({ brightness: 1, contrast: 1 });
