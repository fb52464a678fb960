export function PcaPage() { return null; }
