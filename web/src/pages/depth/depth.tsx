export function DepthPage() { return null; }
