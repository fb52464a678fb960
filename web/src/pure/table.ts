import type { Picture } from '../core/types';

type Row = Pick<Picture, 'ref' | 'path' | 'label'> & { score?: number };
const columns = ['ref', 'path', 'label', 'score'] as const;

/** One field of a CSV file. A leading = + - @ would be run by spreadsheets: such text gets a quote before it. */
export function csvField(value: unknown): string {
  let text = value === undefined ? '' : String(value);
  if (typeof value === 'string' && /^[=+\-@\t]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Pictures as a list of paths, a CSV table or JSON. */
export function exported(rows: readonly Row[], format: 'txt' | 'csv' | 'json'): string {
  if (format === 'txt') return rows.map((row) => row.path + '\n').join('');
  if (format === 'json') {
    return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]]))), null, 2) + '\n';
  }
  return [columns.join(','), ...rows.map((row) => columns.map((name) => csvField(row[name])).join(','))].join('\n') + '\n';
}
