import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openDatabase, rollBack } from '../../../src/desk/store/sqlite.ts'

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

test('nothing of node:sqlite is used that Node 22.15 lacks', () => {
  const later =
    /\.isTransaction\b|\.columns\(\)|\.location\(|\.setReturnArrays\(|DatabaseSync\([^)]*\b(?:timeout|readBigInts|returnArrays)\b/
  const users = globSync('src/**/*.ts').filter((path) => later.test(readFileSync(path, 'utf8')))
  expect(users).toEqual([])
})

test.each([true, false])(
  '[B08] who opens an index waits for its writer: read only %s',
  (readOnly) => {
    const database = openDatabase(':memory:', { readOnly })
    expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 30_000 })
    database.close()
  },
)

test('[D02] what was begun is taken back, also where SQLite has done so', () => {
  const database = openDatabase(':memory:', { readOnly: false })
  database.exec('BEGIN IMMEDIATE; CREATE TABLE t (x)')
  rollBack(database)
  rollBack(database)
  expect(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 0 })
  database.close()
})
