export function App() {
  return <main><h1>Troodon</h1></main>;
}
