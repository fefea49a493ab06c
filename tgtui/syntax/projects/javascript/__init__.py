"""Files of npm, pnpm, yarn, bun and deno."""
