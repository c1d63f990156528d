// The picture of a data address with at most 256 colours: width, height, palette, and a byte a pixel as base64.
async (address) => {
  const MOST = 256, APART = 6;
  const image = await createImageBitmap(await (await fetch(address)).blob());
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const far = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]);
  // The most frequent first; of equally frequent ones the order of their numbers, so that runs agree.
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([pixel]) => parts(pixel));
  const palette = [];
  for (const colour of ranked) {
    if (palette.length < MOST && palette.every((known) => far(known, colour) > APART)) palette.push(colour);
  }
  const nearest = new Map();
  for (const pixel of counts.keys()) {
    const colour = parts(pixel);
    let best = 0;
    palette.forEach((known, at) => { if (far(known, colour) < far(palette[best], colour)) best = at; });
    nearest.set(pixel, best);
  }
  let text = "";
  for (const pixel of pixels) text += String.fromCharCode(nearest.get(pixel));
  return { width, height, palette, pixels: btoa(text) };
}
