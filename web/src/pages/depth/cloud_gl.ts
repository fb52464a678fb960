import { column, fit, program } from '../../core/gl';
import { viewMatrix, type Orbit } from '../../pure/camera';
import type { Points } from '../../pure/npy';

const vertex = `#version 300 es
in vec3 place;
in vec3 colour;
uniform mat4 view;
uniform float size, distance;
out vec3 shade;
void main() {
  gl_Position = view * vec4(place, 1.0);
  gl_PointSize = clamp(size * distance / max(gl_Position.w, 1e-6), 1.0, 40.0);
  shade = colour;
}`;
const fragment = `#version 300 es
precision mediump float;
in vec3 shade;
out vec4 pixel;
void main() {
  vec2 off = gl_PointCoord - 0.5;
  if (dot(off, off) > 0.25) discard;
  pixel = vec4(shade, 1.0);
}`;

export interface CloudRenderer { draw: (orbit: Orbit, size: number) => void; end: () => void }

/** Draws points on a canvas; undefined where there is no WebGL 2. */
export function cloudRenderer(canvas: HTMLCanvasElement, points: Points): CloudRenderer | undefined {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: false, preserveDrawingBuffer: true });
  if (!gl) return undefined;
  const shaders = program(gl, vertex, fragment);
  gl.useProgram(shaders);
  const buffers = [
    column(gl, shaders, 'place', points.place as Float32Array<ArrayBuffer>, 3, gl.FLOAT),
    column(gl, shaders, 'colour', points.colour as Uint8Array<ArrayBuffer>, 3, gl.UNSIGNED_BYTE, true),
  ];
  const uniform = (name: string) => gl.getUniformLocation(shaders, name);
  const [view, size, distance] = [uniform('view'), uniform('size'), uniform('distance')];
  gl.enable(gl.DEPTH_TEST);
  gl.clearColor(0.06, 0.07, 0.07, 1);
  return {
    draw(orbit, pixels) {
      const aspect = fit(canvas);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.uniformMatrix4fv(view, false, viewMatrix(orbit, aspect));
      gl.uniform1f(size, pixels);
      gl.uniform1f(distance, orbit.distance);
      gl.drawArrays(gl.POINTS, 0, points.count);
    },
    end: () => buffers.forEach((buffer) => gl.deleteBuffer(buffer)),
  };
}
