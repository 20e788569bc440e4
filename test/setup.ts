// What a test records must not wait in a folder where the next test finds it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fillpath-spool-of-tests-'))
process.env['FILLPATH_SPOOL_FOLDER'] = folder
afterAll(() => rmSync(folder, { recursive: true, force: true }))
