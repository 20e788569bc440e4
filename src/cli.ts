#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Compiled once, loaded in half the time from then on. Where the folder cannot be written, nothing is said and all works.
enableCompileCache()
const { run } = await import('./commands/program.ts')

process.exitCode = await run(process.argv.slice(2))
