// Told apart by people of every colour vision, on light and dark: Okabe and Ito's eight, then more.
const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b8a500', '#8c6bb1', '#7f7f7f', '#1b9e77'];

export const paletteColour = (i: number) => palette[i % palette.length];

export const rgbOf = (hex: string): [number, number, number] =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
