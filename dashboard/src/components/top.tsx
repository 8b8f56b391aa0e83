// The frame that stays while a page scrolls under it, and how high it is: nothing the keyboard comes to may hide beneath.
import { useEffect, useRef } from "preact/hooks";
import { AlertBar } from "./alert-bar";
import { Banners } from "./banner";
import { DutyLine } from "./duty-line";
import { Header } from "./header";
import { PageBanners } from "./page-banner";
import { SoundLine } from "./sound-control";

export function Top() {
  const top = useRef<HTMLDivElement>(null);
  const lead = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => measure(top.current, lead.current));
    for (const element of [top.current, lead.current]) if (element !== null) observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div class="top" ref={top}>
      <div ref={lead} onFocusIn={bringBack}>
        <Header />
        <DutyLine />
      </div>
      <SoundLine />
      <Banners />
      <PageBanners />
      <AlertBar />
    </div>
  );
}

function measure(top: HTMLElement | null, lead: HTMLElement | null): void {
  if (top === null || lead === null) return;
  const style = document.documentElement.style;
  const goesAway = window.getComputedStyle(top).top !== "0px" || window.matchMedia("(max-width: 40rem)").matches;
  style.setProperty("--lead-height", `${lead.offsetHeight}px`);
  style.setProperty("--kept-height", `${top.offsetHeight - (goesAway ? lead.offsetHeight : 0)}px`);
}

/** On a phone the first part scrolls away; whoever comes to it by keyboard sees it again. */
function bringBack(event: FocusEvent): void {
  if (event.target instanceof HTMLElement && event.target.getBoundingClientRect().top < 0) window.scrollTo(0, 0);
}
