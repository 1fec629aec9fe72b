/** A picture in a canvas: as large as can be, nearer and farther, brighter and darker. */

const LARGEST = 12;
const SMALLEST = 1 / 4; // few pixels are read better small than as a blur
const STEP = 1.25;
const ROOM = 1.35; // around a face

/** How pictures are looked at; views that share one move together. */
export class Look extends EventTarget {
  zoom = 1;
  x = 0; // of the picture's middle, in widths of the canvas
  y = 0;
  brightness = 1;
  contrast = 1;

  set(changes) {
    Object.assign(this, changes);
    this.zoom = Math.min(Math.max(this.zoom, SMALLEST), LARGEST);
    const limit = Math.max(0, this.zoom - 1) / 2;
    this.x = Math.min(Math.max(this.x, -limit), limit);
    this.y = Math.min(Math.max(this.y, -limit), limit);
    this.dispatchEvent(new Event("change"));
  }

  /** Nearer or farther around a point, which is (0, 0) in the middle and ±½ at the edges. */
  scale(factor, x = 0, y = 0) {
    const zoom = Math.min(Math.max(this.zoom * factor, SMALLEST), LARGEST);
    const by = zoom / this.zoom;
    this.set({ zoom, x: x - (x - this.x) * by, y: y - (y - this.y) * by });
  }

  closer = () => this.scale(STEP);
  wider = () => this.scale(1 / STEP);
  whole = () => this.set({ zoom: 1, x: 0, y: 0, brightness: 1, contrast: 1 });
  brighten = (by) => this.set({ brightness: Math.min(Math.max(this.brightness + by, 0.3), 3) });
}

export class View {
  constructor(canvas, look) {
    this._canvas = canvas;
    this._look = look;
    this._picture = null;
    look.addEventListener("change", () => this._draw());
    new ResizeObserver(() => this._draw()).observe(canvas);
    canvas.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => this._drag(event));
    canvas.addEventListener("dblclick", () => look.whole());
  }

  show(picture) {
    this._picture = picture;
    this._draw();
  }

  /** Show what is in a box as large as can be, with some room; the box in shares of the picture. */
  frame({ left, top, width, height }) {
    const { clientWidth, clientHeight } = this._canvas;
    if (!this._picture || !clientWidth) return;
    const fit = Math.min(clientWidth / this._picture.width, clientHeight / this._picture.height);
    const [across, down] = [(this._picture.width * fit) / clientWidth, (this._picture.height * fit) / clientHeight];
    const zoom = Math.min(1 / (width * ROOM * across), 1 / (height * ROOM * down), LARGEST);
    const [x, y] = [(0.5 - left - width / 2) * across * zoom, (0.5 - top - height / 2) * down * zoom];
    this._look.set({ zoom, x, y });
  }

  _wheel(event) {
    event.preventDefault();
    const box = this._canvas.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width - 0.5, (event.clientY - box.top) / box.height - 0.5];
    this._look.scale(STEP ** (-event.deltaY / 100), ...at);
  }

  _drag(event) {
    if (!event.buttons) return;
    const { x, y } = this._look;
    const { clientWidth, clientHeight } = this._canvas;
    this._look.set({ x: x + event.movementX / clientWidth, y: y + event.movementY / clientHeight });
  }

  _draw() {
    const canvas = this._canvas;
    const density = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    if (!this._picture?.width) return; // none, or one that was given up with its sequence
    const { zoom, x, y, brightness, contrast } = this._look;
    const fit = Math.min(width / this._picture.width, height / this._picture.height) * zoom;
    const [w, h] = [this._picture.width * fit, this._picture.height * fit];
    context.imageSmoothingQuality = "high";
    context.filter = brightness === 1 && contrast === 1 ? "none" : `brightness(${brightness}) contrast(${contrast})`;
    context.drawImage(this._picture, (width - w) / 2 + x * width, (height - h) / 2 + y * height, w, h);
  }
}
