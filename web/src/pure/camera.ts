/** A view that circles a point: angles in radians, distance in the cloud's unit. */
export interface Orbit { yaw: number; pitch: number; distance: number; target: [number, number, number] }

/** The middle (medians) and the size along each axis (2nd to 98th percentile) of points [n, 3]. */
export function extent(place: Float32Array): { middle: [number, number, number]; size: [number, number, number] } {
  const count = place.length / 3;
  if (!count) return { middle: [0, 0, 1], size: [1, 1, 1] };
  const step = Math.max(1, Math.floor(count / 5000));
  const axes = [0, 1, 2].map((axis) => {
    const values: number[] = [];
    for (let i = 0; i < count; i += step) values.push(place[3 * i + axis]);
    values.sort((a, b) => a - b);
    const at = (part: number) => values[Math.min(values.length - 1, Math.floor(part * values.length))];
    return [at(0.5), at(0.98) - at(0.02)];
  });
  return { middle: axes.map((axis) => axis[0]) as [number, number, number], size: axes.map((axis) => axis[1]) as [number, number, number] };
}

/** Straight ahead, as the camera looked, far enough to have all in view. */
export function firstView(place: Float32Array, aspect: number, fieldOfView = 0.9): Orbit {
  const { middle, size: [width, height] } = extent(place);
  const distance = (1.1 * Math.max(height, width / aspect)) / (2 * Math.tan(fieldOfView / 2));
  return { yaw: 0, pitch: 0, distance: Math.max(1e-3, distance), target: middle };
}

/** Column-major 4x4: from the cloud's axes (right, down, forward) to clip space, seen from an orbit. */
export function viewMatrix(orbit: Orbit, aspect: number, fieldOfView = 0.9): Float32Array {
  const { yaw, pitch, distance, target } = orbit;
  const [sy, cy, sp, cp] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
  const right = [cy, 0, -sy], down = [-sy * sp, cp, -cy * sp], forward = [sy * cp, sp, cy * cp];
  const near = distance / 100, far = distance * 100;
  const f = 1 / Math.tan(fieldOfView / 2), depth = (far + near) / (far - near);
  const dot = (a: number[]) => a[0] * target[0] + a[1] * target[1] + a[2] * target[2];
  const rows = [
    [...right, -dot(right)].map((v) => (v * f) / Math.max(1e-6, aspect)),
    [...down, -dot(down)].map((v) => -v * f),
    [...forward, distance - dot(forward)].map((v, i) => v * depth - (i === 3 ? (2 * far * near) / (far - near) : 0)),
    [...forward, distance - dot(forward)],
  ];
  return new Float32Array([0, 1, 2, 3].flatMap((column) => rows.map((row) => row[column])));
}
