// The form of a new schedule: proposes the time zone that the browser is in.

import "./page.js";

const select = document.querySelector("[data-new-schedule] select[name=schedule-time_zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

if ([...(select?.options ?? [])].some((option) => option.value === here)) select.value = here;
