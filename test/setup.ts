import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll } from 'vitest'
import { runs, seed } from './seed.ts'

fc.configureGlobal({ seed, numRuns: runs })

// What a test records must not wait in a folder where the next test finds it.
const folder = mkdtempSync(join(tmpdir(), 'fillpath-spool-of-tests-'))
process.env['FILLPATH_SPOOL_FOLDER'] = folder
afterAll(() => rmSync(folder, { recursive: true, force: true }))
