// What `npm run settings` does: writes docs/settings.md from the tables of settings.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingsPage } from '../test/life/settings/page.ts'

writeFileSync(join(import.meta.dirname, '../docs/settings.md'), settingsPage())
