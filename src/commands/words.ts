/** A number of things: `1 span`, `2 spans`. */
export function many(count: number, thing: string): string {
  return `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`
}

/** That a file of the data folder cannot be unpacked to its end. */
export function damagedText(path: string): string {
  return `fillpath: ${path} is damaged, and was read up to there; see "fillpath verify"`
}
