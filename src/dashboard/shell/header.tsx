import { Link } from "wouter";
import { session, signOut } from "../session/session.js";
import { useStore } from "../store.js";
import { LANGUAGES, language, useWords } from "../words/words.js";
import { THEMES, theme } from "./theme.js";

const LANGUAGE_NAMES = { en: "English", ko: "한국어" };

/** The line at the top of every view: where one is, who one is, and how the page looks. */
export function Header() {
  const { say } = useWords();
  const signedIn = useStore(session);
  const chosenTheme = useStore(theme);
  const chosenLanguage = useStore(language);
  const themeNames = { system: say("System"), light: say("Light"), dark: say("Dark") };
  return (
    <header className="header">
      <Link href="/" className="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" />
          <path d="M6 21h7M13 21l6-9M19 12h7" />
        </svg>
        {say("PEG comparison")}
      </Link>
      <nav className="header-tools" aria-label={say("Settings")}>
        <select
          aria-label={say("Language")}
          value={chosenLanguage}
          onChange={(event) => language.set(event.target.value as typeof chosenLanguage)}
        >
          {LANGUAGES.map((name) => (
            <option key={name} value={name}>
              {LANGUAGE_NAMES[name]}
            </option>
          ))}
        </select>
        <select
          aria-label={say("Colours")}
          value={chosenTheme}
          onChange={(event) => theme.set(event.target.value as typeof chosenTheme)}
        >
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {themeNames[name]}
            </option>
          ))}
        </select>
        {signedIn && (
          <>
            <span className="user" title={say("Signed in as {user}", { user: signedIn.claims.sub })}>
              {signedIn.claims.sub}
            </span>
            <button type="button" className="quiet" onClick={signOut}>
              {say("Sign out")}
            </button>
          </>
        )}
      </nav>
    </header>
  );
}
