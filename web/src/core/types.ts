// What docs/http.md says, as types.
export type Ref = string;

export interface Box { x: number; y: number; width: number; height: number }

export interface Picture {
  ref: Ref;
  path: string;
  label: string;
  width: number;
  height: number;
  meta?: Record<string, unknown>;
}

export type Word = 'copy' | 'same' | 'alike' | '';

export interface Hit extends Picture {
  score: number;
  word: Word;
  box?: Box;
  copies?: Ref[];
}

export interface SearchReply {
  hits: Hit[];
  exact: boolean;
  milliseconds: { look: number; search: number; fetch: number };
}

export interface Collection {
  name: string;
  pictures: number;
  model: string;
  dim: number;
  size: number;
  index: { kind: string; recall: number; measured_on: number };
  labels: { name: string; count: number }[];
  columns: string[];
  words: { copy: number; same: number; alike: number };
  can: { depth: boolean; regions: boolean; write: boolean };
}

export interface IndexState {
  state: 'scanning' | 'idle';
  done: number;
  total: number;
  per_second: number;
  eta_seconds: number;
}

export interface Rle { size: [number, number]; counts: string }

export interface Mask {
  width: number;
  height: number;
  rle: Rle;
  polygons: number[][];
  box: Box;
  area: number;
  score: number;
}

export interface Click { x: number; y: number; positive: boolean }

export interface Shape {
  id: string;
  class: number;
  rle: Rle;
  score: number;
  state: 'draft' | 'accepted' | 'rejected';
  clicks: Click[];
}

export interface Project {
  name: string;
  revision: number;
  classes: string[];
  pictures: Record<Ref, { shapes: Shape[] }>;
}

export interface Pair {
  a: [number, number];
  b: [number, number];
  score: number;
  mutual: boolean;
  cycle: number;
  inlier: boolean;
}

export interface MatchReply { pairs: Pair[]; model: number[] | null; inliers: number }

export interface DepthFacts {
  width: number;
  height: number;
  near: number;
  far: number;
  unit: 'metres' | 'relative';
  legend: { metres: number; colour: string }[];
}

export interface Cluster { number: number; count: number; label: string; examples: Ref[] }
export interface Duplicates { tier: 'identical' | 'copy' | 'same'; refs: Ref[]; keep: Ref }
