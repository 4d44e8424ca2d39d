declare module 'virtual:network' {
  const info: import('./network/sizes').NetworkInfo;
  export default info;
}

declare module 'virtual:examples' {
  const names: string[];
  export default names;
}

declare module 'virtual:kernel' {
  const base64: string;
  export default base64;
}
