// What `npm run vocabulary` does: writes docs/vocabulary.md from the registry.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderVocabulary } from '../src/semconv/vocabulary.ts'

writeFileSync(join(import.meta.dirname, '../docs/vocabulary.md'), renderVocabulary())
