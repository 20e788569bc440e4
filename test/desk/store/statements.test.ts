import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('no statement numbers its parameters: node:sqlite of Node 22 would refuse their values', () => {
  const files = globSync('src/**/*.ts')
  expect(files).toContain('src/desk/store/fold/fold.ts')
  const numbered = files.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) =>
        /[=<>(,] *\?\d|\b(?:WHERE|AND|OR|IN|LIKE|GLOB|LIMIT|THEN|ELSE) \?\d/.test(line),
      )
      .map((line) => `${path}: ${line.trim()}`),
  )
  expect(numbered).toEqual([])
})
