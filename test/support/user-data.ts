/** The files that user data writes with here-documents, by their paths. */
export function filesOf(userData: string): Record<string, string> {
  return Object.fromEntries([...userData.matchAll(/^cat > (\S+) <<'(END_*)'\n([^]*?)\n\2$/gm)].map(([, path, , content]) => [path, `${content}\n`]));
}
