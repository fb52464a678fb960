export function RestylePage() { return null; }
