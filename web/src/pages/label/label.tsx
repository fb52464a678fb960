export function LabelPage() { return null; }
