// Drawn on a 20 x 20 grid with one pen.
const paths = {
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13.2 13.2l3.6 3.6',
  label: 'M4 4h5.5l7 7-5.5 5.5-7-7zM7.2 7.2h.01',
  match: 'M3 5h5v5H3zM12 10h5v5h-5zM8 7.5c3 0 1.500 5 4 5',
  depth: 'M10 3l7 4-7 4-7-4zM3 10.500l7 4 7-4M3 14l7 4 7-4',
  pca: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z',
  restyle: 'M10 3a7 7 0 1 0 0 14c1.500 0 1.700-1 1.200-2-.6-1.300.3-2.200 1.600-2.200H15c1.300 0 2-.8 2-2.300C17 6 14 3 10 3ZM6.800 9h.01M9 6.300h.01M12.700 7h.01',
  map: 'M4.500 5h.01M7 8.500h.01M5 12h.01M12 5.500h.01M15 7.500h.01M13 10h.01M9 14.500h.01M12.500 15.500h.01M16 14h.01',
  about: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 9v4.500M10 6.500h.01',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  check: 'M4 10.500l4 4 8-9',
  upload: 'M10 13V4M6 7.500L10 3.500l4 4M4 13v3h12v-3',
  download: 'M10 4v9M6 9.500l4 4 4-4M4 13.500V16h12v-2.500',
  compare: 'M3 4h6v12H3zM11 4h6v12h-6z',
  sun: 'M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M15.700 4.300l-1.100 1.100M5.400 14.600l-1.100 1.100',
  moon: 'M16.500 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.500 8.500Z',
  system: 'M3 4h14v9H3zM7 17h6M10 13v4',
  help: 'M7.500 7.500A2.500 2.500 0 1 1 10 10.300V12M10 15h.01',
  undo: 'M7 4L3.500 7.500 7 11M3.500 7.500H12a4.500 4.500 0 0 1 0 9H8',
  redo: 'M13 4l3.500 3.500L13 11M16.500 7.500H8a4.500 4.500 0 0 0 0 9h4',
  swap: 'M4 7h12l-3-3M16 13H4l3 3',
  grid: 'M3 3h14v14H3zM3 8h14M3 13h14M8 3v14M13 3v14',
  lasso: 'M10 4c4 0 7 1.800 7 4.500S14 13 10 13s-7-1.800-7-4.500S6 4 10 4ZM6 12c-1 2 .5 3 2 2.500M6 14.500C6.500 17 4 17.500 3.500 16.500',
  reset: 'M4 10a6 6 0 1 0 2-4.500M6 2.500v3h3',
  bin: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
