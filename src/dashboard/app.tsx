import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef } from "react";
import { Route, Switch, useLocation } from "wouter";
import { AnalysesPage } from "./analyses/analyses-page.js";
import { queryClient } from "./api/client.js";
import { ComparisonPage } from "./comparison/comparison-page.js";
import { session } from "./session/session.js";
import { SignIn } from "./session/sign-in.js";
import { ErrorBoundary } from "./shell/error-boundary.js";
import { Header } from "./shell/header.js";
import { NotFound } from "./shell/not-found.js";
import { Skeleton } from "./shell/states.js";
import { useStore } from "./store.js";
import { useWords } from "./words/words.js";

// What brings a parser of CSV is loaded by who uploads.
const UploadPage = lazy(() =>
  import("./upload/upload-page.js").then((module) => ({ default: module.UploadPage })),
);

/** The whole page: a header, and the view that the address names. */
export function App() {
  const { say } = useWords();
  const signedIn = useStore(session);
  const [path] = useLocation();
  const content = useRef<HTMLDivElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    // What had it is gone with the view before; without it a screen reader tells nothing of the new one.
    content.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <QueryClientProvider client={queryClient}>
      <a className="skip" href="#content">
        {say("Skip to content")}
      </a>
      <Header />
      <div id="content" tabIndex={-1} ref={content}>
        {signedIn ? (
          <ErrorBoundary key={path}>
            <Suspense fallback={<Skeleton lines={6} />}>
              <Switch>
                <Route path="/" component={AnalysesPage} />
                <Route path="/upload" component={UploadPage} />
                <Route path="/analyses/:id">{({ id }) => <ComparisonPage key={id} id={id} />}</Route>
                <Route component={NotFound} />
              </Switch>
            </Suspense>
          </ErrorBoundary>
        ) : (
          <SignIn />
        )}
      </div>
    </QueryClientProvider>
  );
}
