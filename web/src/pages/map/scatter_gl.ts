import { column, fit, program } from '../../core/gl';

export interface Look { x: number; y: number; zoom: number } // the middle of the view; 1: all of -1..1

const vertex = `#version 300 es
in vec2 place;
in vec3 colour;
in float state;
uniform vec2 middle, scale;
uniform float size;
out vec4 shade;
void main() {
  gl_Position = vec4((place - middle) * scale, state > 0.5 ? -0.5 : 0.0, 1.0);
  gl_PointSize = size * (state > 1.5 ? 2.6 : state > 0.5 ? 1.3 : 1.0);
  shade = vec4(colour, state < -0.5 ? 0.16 : 0.9);
}`;
const fragment = `#version 300 es
precision mediump float;
in vec4 shade;
out vec4 pixel;
void main() {
  float far = length(gl_PointCoord - 0.5);
  float alpha = shade.a * (1.0 - smoothstep(0.42, 0.5, far));
  pixel = vec4(shade.rgb * alpha, alpha);
}`;

export interface Scatter {
  colours: (rgb: Uint8Array<ArrayBuffer>) => void;
  states: (states: Float32Array<ArrayBuffer>) => void; // -1 dim, 0 plain, 1 chosen, 2 pointed at
  draw: (look: Look, size: number) => void;
  end: () => void;
}

/** How many pixels of the canvas a unit of the map is, at a zoom. */
export const unitPixels = (width: number, height: number, zoom: number) => (Math.min(width, height) / 2.1) * zoom;

/** Draws the map's points; undefined where there is no WebGL 2. */
export function scatter(canvas: HTMLCanvasElement, x: Float32Array, y: Float32Array): Scatter | undefined {
  const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true });
  if (!gl) return undefined;
  const shaders = program(gl, vertex, fragment);
  gl.useProgram(shaders);
  const place = new Float32Array(2 * x.length);
  for (let i = 0; i < x.length; ++i) [place[2 * i], place[2 * i + 1]] = [x[i], y[i]];
  const buffers = [column(gl, shaders, 'place', place, 2, gl.FLOAT)];
  const colour = column(gl, shaders, 'colour', new Uint8Array(3 * x.length), 3, gl.UNSIGNED_BYTE, true);
  const state = column(gl, shaders, 'state', new Float32Array(x.length), 1, gl.FLOAT);
  const uniform = (name: string) => gl.getUniformLocation(shaders, name);
  const [middle, scale, size] = [uniform('middle'), uniform('scale'), uniform('size')];
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const fill = (buffer: WebGLBuffer, data: BufferSource) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  };
  return {
    colours: (rgb) => fill(colour, rgb),
    states: (states) => fill(state, states),
    draw(look, pixels) {
      fit(canvas);
      const unit = unitPixels(canvas.width, canvas.height, look.zoom);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(middle, look.x, look.y);
      gl.uniform2f(scale, (2 * unit) / canvas.width, (-2 * unit) / canvas.height); // y goes down
      gl.uniform1f(size, pixels);
      gl.drawArrays(gl.POINTS, 0, x.length);
    },
    end: () => [...buffers, colour, state].forEach((buffer) => gl.deleteBuffer(buffer)),
  };
}
